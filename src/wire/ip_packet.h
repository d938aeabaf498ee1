#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace tcpdx::wire {

struct IpPacket {
    int version = 4;
    std::uint8_t hop_limit = 0;            // TTL
    std::uint8_t protocol = 0;             // of `payload`, behind extension headers of IPv6
    bool later_fragment = false;           // the payload does not begin with a header then
    std::span<const std::uint8_t> source;  // 4 or 16 bytes, pointing into the input
    std::span<const std::uint8_t> destination;
    std::span<const std::byte> payload;
};

// An IPv4 or IPv6 packet that may have been cut by a capture; empty when its headers are not whole.
[[nodiscard]] std::optional<IpPacket> parse_ip(std::span<const std::byte> bytes);

}  // namespace tcpdx::wire
