#include "wire/ip_packet.h"

#include <algorithm>

#include "wire/byte_cursor.h"

// RFC 791, 3.1: version and header length 0, total length 2, fragment 6, TTL 8, protocol 9, source
// 12, destination 16. RFC 8200, 3: payload length 4, next header 6, hop limit 7, source 8,
// destination 24.

namespace tcpdx::wire {
namespace {

std::span<const std::uint8_t> octets(std::span<const std::byte> bytes) {
    // The one cast that the standard allows between byte types.
    return {reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()};
}

std::optional<IpPacket> parse_v4(std::span<const std::byte> bytes) {
    constexpr std::size_t kFixedBytes = 20;
    ByteCursor cursor(bytes);
    const auto fixed = cursor.take<kFixedBytes>();
    if (!fixed) {
        return std::nullopt;
    }
    const std::size_t header_bytes = std::size_t{load_be<std::uint8_t, 0>(*fixed)} % 16 * 4;
    if (header_bytes < kFixedBytes || !cursor.take(header_bytes - kFixedBytes)) {
        return std::nullopt;
    }
    IpPacket packet;
    packet.hop_limit = load_be<std::uint8_t, 8>(*fixed);
    packet.protocol = load_be<std::uint8_t, 9>(*fixed);
    packet.later_fragment = (load_be<std::uint16_t, 6>(*fixed) & 0x1fff) != 0;
    packet.source = octets(bytes.subspan(12, 4));
    packet.destination = octets(bytes.subspan(16, 4));
    // Behind the packet a frame may carry padding. Offloading can leave the total length 0.
    const std::size_t total = load_be<std::uint16_t, 2>(*fixed);
    const std::size_t payload = total > header_bytes ? total - header_bytes : cursor.rest().size();
    packet.payload = cursor.rest().first(std::min(payload, cursor.rest().size()));
    return packet;
}

enum NextHeader : std::uint8_t {
    kHopByHop = 0,
    kRouting = 43,
    kFragment = 44,
    kDestinationOptions = 60,
};

std::optional<IpPacket> parse_v6(std::span<const std::byte> bytes) {
    ByteCursor cursor(bytes);
    const auto fixed = cursor.take<40>();
    if (!fixed) {
        return std::nullopt;
    }
    IpPacket packet;
    packet.version = 6;
    packet.hop_limit = load_be<std::uint8_t, 7>(*fixed);
    packet.source = octets(bytes.subspan(8, 16));
    packet.destination = octets(bytes.subspan(24, 16));
    std::uint8_t next = load_be<std::uint8_t, 6>(*fixed);
    while (next == kHopByHop || next == kRouting || next == kDestinationOptions ||
           next == kFragment) {
        const auto header = cursor.take<8>();
        if (!header) {
            return std::nullopt;
        }
        if (next == kFragment) {
            packet.later_fragment = (load_be<std::uint16_t, 2>(*header) & 0xfff8) != 0;
        } else if (!cursor.take(std::size_t{load_be<std::uint8_t, 1>(*header)} * 8)) {
            return std::nullopt;
        }
        next = load_be<std::uint8_t, 0>(*header);
        if (packet.later_fragment) {
            break;
        }
    }
    packet.protocol = next;
    packet.payload = cursor.rest();
    return packet;
}

}  // namespace

std::optional<IpPacket> parse_ip(std::span<const std::byte> bytes) {
    if (bytes.empty()) {
        return std::nullopt;
    }
    switch (std::to_integer<int>(bytes.front()) >> 4) {
        case 4:
            return parse_v4(bytes);
        case 6:
            return parse_v6(bytes);
        default:
            return std::nullopt;
    }
}

}  // namespace tcpdx::wire
