#include "sources/names/name_resolver.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <pwd.h>
#include <sys/socket.h>

#include <cstring>

namespace tcpdx::names {
namespace {

constexpr std::size_t kLongestHost = 127;
constexpr std::size_t kLongestService = 63;

in_addr v4_of(const IpAddress& address) {
    in_addr v4{};
    std::memcpy(&v4, &address.bytes[12], sizeof(v4));
    return v4;
}

// The functions with static results are used on purpose: they are what asks every source that
// nsswitch.conf names, and this class is used by one thread.
// NOLINTBEGIN(concurrency-mt-unsafe)

std::string name_of_v4(const IpAddress& address, bool is_host) {
    const in_addr v4 = v4_of(address);
    if (is_host) {
        if (const hostent* host = ::gethostbyaddr(&v4, sizeof(v4), AF_INET)) {
            return host->h_name;
        }
    } else if (const netent* network = ::getnetbyaddr(ntohl(v4.s_addr), AF_INET)) {
        return network->n_name;
    }
    return to_string(address);
}

std::string name_of_v6(const IpAddress& address) {
    sockaddr_in6 socket{};
    socket.sin6_family = AF_INET6;
    std::memcpy(&socket.sin6_addr, address.bytes.data(), address.bytes.size());
    std::array<char, kLongestHost + 1> name{};
    if (::getnameinfo(reinterpret_cast<const sockaddr*>(&socket), sizeof(socket), name.data(),
                      name.size(), nullptr, 0, 0) != 0) {
        ::inet_ntop(AF_INET6, &socket.sin6_addr, name.data(), name.size());
    }
    // A mapped address without a name is shown as the IPv4 address that it holds.
    const std::string_view text(name.data());
    if (address.is_v4_mapped() && text.starts_with(':') && text.find('.') != text.npos) {
        return std::string(text.substr(text.rfind(':') + 1));
    }
    return std::string(text);
}

}  // namespace

std::string_view NameResolver::host(const IpAddress& address) {
    if (address.family == IpFamily::V4) {
        return v4_name(address, address.bytes[12] != 0);  // 0.x.y.z cannot be a host's
    }
    const auto [entry, added] = hosts_.try_emplace({address, true});
    if (added) {
        entry->second = name_of_v6(address);
    }
    return entry->second;
}

std::string_view NameResolver::network(const IpAddress& address, const IpAddress& mask,
                                       bool is_host) {
    const std::uint32_t host_bits = v4_of(address).s_addr & ~v4_of(mask).s_addr;
    return v4_name(address, is_host || host_bits != 0);
}

std::string_view NameResolver::v4_name(const IpAddress& address, bool is_host) {
    const auto [entry, added] = hosts_.try_emplace({address, is_host});
    if (added) {
        entry->second = name_of_v4(address, is_host).substr(0, kLongestHost);
    }
    return entry->second;
}

void NameResolver::read_services() {
    services_read_ = true;
    const auto table = [this](ServiceTable which) -> auto& {
        return services_.at(static_cast<std::size_t>(which));
    };
    // Of two names for a port the later one counts.
    ::setservent(1);
    while (const servent* service = ::getservent()) {
        const std::string_view protocol(service->s_proto);
        const std::uint16_t port = ntohs(static_cast<std::uint16_t>(service->s_port));
        const std::string name = std::string(service->s_name).substr(0, kLongestService);
        if (protocol == "tcp") {
            table(ServiceTable::Tcp)[port] = name;
        } else if (protocol == "udp") {
            table(ServiceTable::Udp)[port] = name;
        } else if (protocol == "raw") {
            table(ServiceTable::Raw)[port] = name;
        }
    }
    ::endservent();
    ::setprotoent(1);
    while (const protoent* protocol = ::getprotoent()) {
        table(ServiceTable::Raw)[static_cast<std::uint16_t>(protocol->p_proto)] =
            std::string(protocol->p_name).substr(0, kLongestService);
    }
    ::endprotoent();
}

std::string_view NameResolver::service(ServiceTable table, std::uint16_t port) {
    if (!services_read_) {
        read_services();
    }
    const auto& names = services_.at(static_cast<std::size_t>(table));
    const auto found = names.find(port);
    return found == names.end() ? std::string_view() : std::string_view(found->second);
}

std::string_view NameResolver::user(std::int32_t uid) {
    const auto [entry, added] = users_.try_emplace(uid);
    if (added) {
        if (const passwd* user = ::getpwuid(static_cast<uid_t>(uid))) {
            entry->second = user->pw_name;
        }
    }
    return entry->second;
}

// NOLINTEND(concurrency-mt-unsafe)

}  // namespace tcpdx::names
