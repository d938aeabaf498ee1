#pragma once

#include <sys/socket.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "model/ip_address.h"

namespace tcpdx::probe {

// Where to connect: a link-local address needs the interface too.
struct Target {
    SocketAddress address;
    std::uint32_t interface = 0;
};

// A sockaddr of either family with its length, as the calls want it.
struct KernelAddress {
    sockaddr_storage storage{};
    socklen_t size = 0;

    [[nodiscard]] const sockaddr* get() const;
};

[[nodiscard]] KernelAddress kernel_address(const Target& target);
[[nodiscard]] inline int kernel_family(IpFamily family) {
    return family == IpFamily::V4 ? AF_INET : AF_INET6;
}
// Empty for another family than IPv4 and IPv6.
[[nodiscard]] std::optional<SocketAddress> from_kernel(const sockaddr_storage& storage);

// The local address that a socket got, or would get towards `target` (no packet is sent).
[[nodiscard]] std::optional<SocketAddress> local_address_of(int socket);
[[nodiscard]] std::optional<IpAddress> source_towards(const Target& target);

// All addresses of this host's interfaces.
[[nodiscard]] std::vector<IpAddress> own_addresses();

// Interfaces that are switched off; `needed`, if given, also when it has no carrier.
[[nodiscard]] std::vector<std::string> interfaces_down(const std::string& needed);

}  // namespace tcpdx::probe
