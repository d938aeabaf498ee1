#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "model/ip_address.h"

namespace tcpdx::wire {

// The Internet checksum (RFC 1071) of these bytes: zero over bytes that carry a right one.
[[nodiscard]] std::uint16_t internet_checksum(std::span<const std::byte> bytes);

// That of a TCP segment, with its pseudo header (RFC 9293, 3.1). Zero when the segment's own
// checksum field is right; what belongs into the field when the field is zero.
[[nodiscard]] std::uint16_t tcp_checksum(const IpAddress& source, const IpAddress& destination,
                                         std::span<const std::byte> segment);

}  // namespace tcpdx::wire
