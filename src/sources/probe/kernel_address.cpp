#include "sources/probe/kernel_address.h"

#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>

#include <algorithm>
#include <cstring>

#include "base/owned.h"
#include "base/unique_fd.h"

namespace tcpdx::probe {

const sockaddr* KernelAddress::get() const {
    return reinterpret_cast<const sockaddr*>(&storage);
}

KernelAddress kernel_address(const Target& target) {
    KernelAddress result;
    const auto& bytes = target.address.address.bytes;
    if (target.address.address.family == IpFamily::V4) {
        sockaddr_in v4{};
        v4.sin_family = AF_INET;
        v4.sin_port = htons(target.address.port);
        std::memcpy(&v4.sin_addr, bytes.data() + 12, 4);
        std::memcpy(&result.storage, &v4, sizeof v4);
        result.size = sizeof v4;
    } else {
        sockaddr_in6 v6{};
        v6.sin6_family = AF_INET6;
        v6.sin6_port = htons(target.address.port);
        v6.sin6_scope_id = target.interface;
        std::memcpy(&v6.sin6_addr, bytes.data(), 16);
        std::memcpy(&result.storage, &v6, sizeof v6);
        result.size = sizeof v6;
    }
    return result;
}

std::optional<SocketAddress> from_kernel(const sockaddr_storage& storage) {
    if (storage.ss_family == AF_INET) {
        sockaddr_in v4{};
        std::memcpy(&v4, &storage, sizeof v4);
        return SocketAddress{IpAddress::v4(ntohl(v4.sin_addr.s_addr)), ntohs(v4.sin_port)};
    }
    if (storage.ss_family == AF_INET6) {
        sockaddr_in6 v6{};
        std::memcpy(&v6, &storage, sizeof v6);
        IpAddress address{.family = IpFamily::V6};
        std::copy_n(std::begin(v6.sin6_addr.s6_addr), 16, address.bytes.begin());
        return SocketAddress{address, ntohs(v6.sin6_port)};
    }
    return std::nullopt;
}

std::optional<SocketAddress> local_address_of(int socket) {
    KernelAddress local;
    local.size = sizeof local.storage;
    if (::getsockname(socket, reinterpret_cast<sockaddr*>(&local.storage), &local.size) != 0) {
        return std::nullopt;
    }
    return from_kernel(local.storage);
}

std::vector<IpAddress> own_addresses() {
    ifaddrs* list = nullptr;
    if (::getifaddrs(&list) != 0) {
        return {};
    }
    const Owned<ifaddrs, ::freeifaddrs> owned(list);
    std::vector<IpAddress> addresses;
    for (const ifaddrs* each = list; each != nullptr; each = each->ifa_next) {
        if (each->ifa_addr == nullptr) {
            continue;
        }
        sockaddr_storage storage{};
        const int family = each->ifa_addr->sa_family;
        if (family == AF_INET || family == AF_INET6) {
            std::memcpy(&storage, each->ifa_addr,
                        family == AF_INET ? sizeof(sockaddr_in) : sizeof(sockaddr_in6));
            addresses.push_back(from_kernel(storage)->address);
        }
    }
    return addresses;
}

std::vector<std::string> interfaces_down(const std::string& needed) {
    ifaddrs* list = nullptr;
    if (::getifaddrs(&list) != 0) {
        return {};
    }
    const Owned<ifaddrs, ::freeifaddrs> owned(list);
    std::vector<std::string> down;
    for (const ifaddrs* each = list; each != nullptr; each = each->ifa_next) {
        // One entry of this family for each interface, also for one without an address.
        if (each->ifa_addr == nullptr || each->ifa_addr->sa_family != AF_PACKET) {
            continue;
        }
        const bool off = (each->ifa_flags & IFF_UP) == 0;
        const bool no_carrier = (each->ifa_flags & IFF_RUNNING) == 0;
        if (off || (no_carrier && each->ifa_name == needed)) {
            down.emplace_back(each->ifa_name);
        }
    }
    return down;
}

std::optional<IpAddress> source_towards(const Target& target) {
    const UniqueFd datagrams(
        ::socket(kernel_family(target.address.address.family), SOCK_DGRAM | SOCK_CLOEXEC, 0));
    const KernelAddress remote = kernel_address(target);
    // connect() of a datagram socket only looks up the route.
    if (!datagrams || ::connect(datagrams.get(), remote.get(), remote.size) != 0) {
        return std::nullopt;
    }
    const auto local = local_address_of(datagrams.get());
    return local ? std::optional(local->address) : std::nullopt;
}

}  // namespace tcpdx::probe
