#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "model/ip_address.h"

namespace tcpdx::wire {

// An ICMP or ICMPv6 error about a TCP segment, with the ends that the segment names.
struct IcmpErrorAboutTcp {
    std::uint8_t type = 0;
    std::uint8_t code = 0;
    SocketAddress source;  // of the segment, not of the error
    SocketAddress destination;
};

// From the bytes behind the IP header. Empty for other messages, and for errors about other
// protocols or that quote too little.
[[nodiscard]] std::optional<IcmpErrorAboutTcp> parse_icmp_error_about_tcp(
    IpFamily family, std::span<const std::byte> bytes);

}  // namespace tcpdx::wire
