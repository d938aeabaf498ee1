#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "wire/tcp_header.h"

namespace tcpdx::wire {

// A segment without options and payload.
struct BareSegment {
    std::uint16_t source_port = 0;
    std::uint16_t destination_port = 0;
    std::uint32_t sequence = 0;
    std::uint32_t acknowledgment = 0;
    std::uint16_t window = 0;
    TcpFlags flags;
};

// Its 20 bytes, with the checksum over the pseudo header. The addresses are in network order, 4
// bytes each or 16 bytes each.
[[nodiscard]] std::array<std::byte, 20> build_tcp(const BareSegment& segment,
                                                  std::span<const std::uint8_t> source,
                                                  std::span<const std::uint8_t> destination);

// The checksum of RFC 1071 over a whole segment and its pseudo header; 0 when the segment holds the
// right checksum.
[[nodiscard]] std::uint16_t tcp_checksum(std::span<const std::byte> segment,
                                         std::span<const std::uint8_t> source,
                                         std::span<const std::uint8_t> destination);

}  // namespace tcpdx::wire
