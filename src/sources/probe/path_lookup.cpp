#include "sources/probe/path_lookup.h"

#include <libmnl/libmnl.h>
#include <linux/rtnetlink.h>
#include <net/if.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <functional>
#include <memory>
#include <vector>

#include "base/i18n.h"
#include "base/owned.h"

namespace tcpdx::probe {
namespace {

using MessageHandler = std::function<void(std::uint16_t type, std::span<const std::byte> payload)>;

// Calls `on_attribute` with each attribute in `bytes`, until one that does not fit.
template <class Handler>
void each_attribute(std::span<const std::byte> bytes, const Handler& on_attribute) {
    while (bytes.size() >= sizeof(nlattr)) {
        nlattr header{};
        std::memcpy(&header, bytes.data(), sizeof header);
        if (header.nla_len < sizeof header || header.nla_len > bytes.size()) {
            return;
        }
        on_attribute(header.nla_type & NLA_TYPE_MASK,
                     bytes.subspan(sizeof header, header.nla_len - sizeof header));
        bytes = bytes.subspan(std::min<std::size_t>(NLA_ALIGN(header.nla_len), bytes.size()));
    }
}

std::optional<IpAddress> address_in(std::uint8_t family, std::span<const std::byte> value) {
    IpAddress address;
    if (family == AF_INET && value.size() == 4) {
        address = IpAddress::v4(0);
        std::memcpy(address.bytes.data() + 12, value.data(), 4);
        return address;
    }
    if (family == AF_INET6 && value.size() == 16) {
        address.family = IpFamily::V6;
        std::memcpy(address.bytes.data(), value.data(), 16);
        return address;
    }
    return std::nullopt;
}

LocalRoute::Kind kind_of(std::uint8_t type) {
    switch (type) {
        case RTN_UNICAST:
            return LocalRoute::Kind::Unicast;
        case RTN_LOCAL:
            return LocalRoute::Kind::Local;
        case RTN_BLACKHOLE:
            return LocalRoute::Kind::Blackhole;
        case RTN_UNREACHABLE:
            return LocalRoute::Kind::Unreachable;
        case RTN_PROHIBIT:
            return LocalRoute::Kind::Prohibit;
        default:
            return LocalRoute::Kind::Other;
    }
}

NeighbourState state_of(std::uint16_t state) {
    if ((state & NUD_FAILED) != 0) {
        return NeighbourState::Failed;
    }
    if ((state & NUD_INCOMPLETE) != 0) {
        return NeighbourState::Incomplete;
    }
    if ((state & (NUD_REACHABLE | NUD_PERMANENT | NUD_NOARP)) != 0) {
        return NeighbourState::Reachable;
    }
    if ((state & (NUD_DELAY | NUD_PROBE)) != 0) {
        return NeighbourState::Probing;
    }
    return (state & NUD_STALE) != 0 ? NeighbourState::Stale : NeighbourState::Unknown;
}

void put_address(nlmsghdr* request, std::uint16_t attribute, const IpAddress& address) {
    const std::size_t from = address.family == IpFamily::V4 ? 12 : 0;
    mnl_attr_put(request, attribute, 16 - from, address.bytes.data() + from);
}

// Sends `request` and hands over what comes back. An error that the kernel answers is the errno of
// the failure.
Result<> ask(nlmsghdr* request, const MessageHandler& on_message) {
    const Owned<mnl_socket, mnl_socket_close> socket(mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC));
    if (!socket || mnl_socket_bind(socket.get(), 0, MNL_SOCKET_AUTOPID) < 0) {
        return os_failure(N_("opening a netlink socket"));
    }
    request->nlmsg_flags |= NLM_F_REQUEST;
    if (mnl_socket_sendto(socket.get(), request, request->nlmsg_len) < 0) {
        return os_failure(N_("asking for the route"));
    }
    const bool dump = (request->nlmsg_flags & NLM_F_DUMP) == NLM_F_DUMP;
    for (;;) {
        alignas(nlmsghdr) std::array<std::byte, 32768> buffer{};
        const ssize_t received = mnl_socket_recvfrom(socket.get(), buffer.data(), buffer.size());
        if (received <= 0) {
            return os_failure(N_("asking for the route"));
        }
        int left = static_cast<int>(received);
        const auto* message = reinterpret_cast<const nlmsghdr*>(buffer.data());
        for (; mnl_nlmsg_ok(message, left); message = mnl_nlmsg_next(message, &left)) {
            const auto* payload = static_cast<const std::byte*>(mnl_nlmsg_get_payload(message));
            const std::span<const std::byte> bytes(payload, mnl_nlmsg_get_payload_len(message));
            if (message->nlmsg_type == NLMSG_DONE) {
                return {};
            }
            if (message->nlmsg_type == NLMSG_ERROR) {
                nlmsgerr error{};
                std::memcpy(&error.error, bytes.data(), std::min(bytes.size(), sizeof error.error));
                errno = -error.error;
                return os_failure(N_("asking for the route"));
            }
            on_message(message->nlmsg_type, bytes);
        }
        if (!dump) {
            return {};
        }
    }
}

std::string interface_name(std::uint32_t index) {
    std::array<char, IF_NAMESIZE> name{};
    return ::if_indextoname(index, name.data()) == nullptr ? std::to_string(index) : name.data();
}

}  // namespace

std::optional<LocalRoute> parse_route(std::span<const std::byte> payload) {
    rtmsg header{};
    if (payload.size() < sizeof header) {
        return std::nullopt;
    }
    std::memcpy(&header, payload.data(), sizeof header);
    LocalRoute route;
    route.kind = kind_of(header.rtm_type);
    const std::size_t begin = NLMSG_ALIGN(sizeof header);
    each_attribute(payload.subspan(std::min(begin, payload.size())),
                   [&](int type, std::span<const std::byte> value) {
                       if (type == RTA_OIF && value.size() == 4) {
                           std::uint32_t index = 0;
                           std::memcpy(&index, value.data(), 4);
                           route.interface = interface_name(index);
                       } else if (type == RTA_GATEWAY) {
                           route.gateway = address_in(header.rtm_family, value);
                       } else if (type == RTA_VIA && value.size() > 2) {
                           // RFC 5549: an IPv4 route through an IPv6 gateway.
                           std::uint16_t family = 0;
                           std::memcpy(&family, value.data(), 2);
                           route.gateway =
                               address_in(static_cast<std::uint8_t>(family), value.subspan(2));
                       } else if (type == RTA_PREFSRC) {
                           route.source = address_in(header.rtm_family, value);
                       }
                   });
    return route;
}

std::optional<Neighbour> parse_neighbour(std::span<const std::byte> payload) {
    ndmsg header{};
    if (payload.size() < sizeof header) {
        return std::nullopt;
    }
    std::memcpy(&header, payload.data(), sizeof header);
    std::optional<IpAddress> address;
    const std::size_t begin = NLMSG_ALIGN(sizeof header);
    each_attribute(payload.subspan(std::min(begin, payload.size())),
                   [&](int type, std::span<const std::byte> value) {
                       if (type == NDA_DST) {
                           address = address_in(header.ndm_family, value);
                       }
                   });
    if (!address) {
        return std::nullopt;
    }
    return Neighbour{*address, state_of(header.ndm_state)};
}

Result<LocalRoute> look_up_route(const Target& target) {
    std::array<std::byte, 256> space{};
    nlmsghdr* request = mnl_nlmsg_put_header(space.data());
    request->nlmsg_type = RTM_GETROUTE;
    auto* body = static_cast<rtmsg*>(mnl_nlmsg_put_extra_header(request, sizeof(rtmsg)));
    const IpAddress& address = target.address.address;
    body->rtm_family = static_cast<unsigned char>(kernel_family(address.family));
    body->rtm_dst_len = address.family == IpFamily::V4 ? 32 : 128;
    put_address(request, RTA_DST, address);
    if (target.interface != 0) {
        mnl_attr_put_u32(request, RTA_OIF, target.interface);
    }
    std::optional<LocalRoute> route;
    const auto asked = ask(request, [&](std::uint16_t type, std::span<const std::byte> payload) {
        if (type == RTM_NEWROUTE) {
            route = parse_route(payload);
        }
    });
    if (asked && route) {
        return *route;
    }
    // The kernel answers with what connect() would fail with: fib_props[] in fib_semantics.c.
    LocalRoute none;
    switch (asked ? 0 : asked.error().os_error) {
        case ENETUNREACH:
            none.kind = LocalRoute::Kind::None;
            return none;
        case EHOSTUNREACH:
            none.kind = LocalRoute::Kind::Unreachable;
            return none;
        case EACCES:
            none.kind = LocalRoute::Kind::Prohibit;
            return none;
        case EINVAL:
            none.kind = LocalRoute::Kind::Blackhole;
            return none;
        default:
            return asked ? failure(ErrorCode::Truncated, N_("asking for the route"))
                         : tl::unexpected(asked.error());
    }
}

std::optional<NextHop> look_up_next_hop(const Target& target, const LocalRoute& route) {
    if (route.kind != LocalRoute::Kind::Unicast) {
        return std::nullopt;
    }
    const IpAddress wanted = route.gateway.value_or(target.address.address);
    std::array<std::byte, 256> space{};
    nlmsghdr* request = mnl_nlmsg_put_header(space.data());
    request->nlmsg_type = RTM_GETNEIGH;
    request->nlmsg_flags = NLM_F_DUMP;
    auto* body = static_cast<ndmsg*>(mnl_nlmsg_put_extra_header(request, sizeof(ndmsg)));
    body->ndm_family = static_cast<unsigned char>(kernel_family(wanted.family));
    // Without an entry the link needs none, as a tunnel.
    std::optional<NextHop> found;
    static_cast<void>(ask(request, [&](std::uint16_t type, std::span<const std::byte> payload) {
        const auto neighbour = type == RTM_NEWNEIGH ? parse_neighbour(payload) : std::nullopt;
        if (neighbour && neighbour->address == wanted) {
            found = NextHop{neighbour->address, neighbour->state};
        }
    }));
    return found;
}

}  // namespace tcpdx::probe
