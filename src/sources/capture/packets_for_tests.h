#pragma once

// For tests: packets and capture files, written byte by byte.

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string_view>
#include <vector>

#include "sources/capture/packet_reader.h"
#include "sources/capture/segment.h"

namespace tcpdx::capture::testing {

using Bytes = std::vector<std::byte>;

inline Bytes bytes(std::initializer_list<int> values) {
    Bytes out;
    for (const int value : values) {
        out.push_back(static_cast<std::byte>(value));
    }
    return out;
}
inline Bytes operator+(Bytes left, const Bytes& right) {
    left.insert(left.end(), right.begin(), right.end());
    return left;
}
inline Bytes zeros(std::size_t count) {
    return Bytes(count);
}
inline Bytes be16(std::uint32_t value) {
    return bytes({static_cast<int>(value >> 8U & 0xffU), static_cast<int>(value & 0xffU)});
}
inline Bytes be32(std::uint32_t value) {
    return be16(value >> 16U) + be16(value & 0xffffU);
}
inline Bytes le16(std::uint32_t value) {
    return bytes({static_cast<int>(value & 0xffU), static_cast<int>(value >> 8U & 0xffU)});
}
inline Bytes le32(std::uint32_t value) {
    return le16(value & 0xffffU) + le16(value >> 16U);
}

struct TcpBytes {
    std::uint32_t source_port = 40000;
    std::uint32_t destination_port = 80;
    std::uint32_t sequence = 1000;
    std::uint32_t acknowledgment = 0;
    int flags = kSyn;
    std::uint32_t window = 8192;
    Bytes options;  // a multiple of 4
    std::size_t payload = 0;
};

inline Bytes tcp(const TcpBytes& parts) {
    const auto words = static_cast<int>(5 + parts.options.size() / 4);
    return be16(parts.source_port) + be16(parts.destination_port) + be32(parts.sequence) +
           be32(parts.acknowledgment) + bytes({words << 4, parts.flags}) + be16(parts.window) +
           zeros(4) + parts.options + zeros(parts.payload);
}

struct Ip4Bytes {
    std::uint32_t source = 0x0a000001;
    std::uint32_t destination = 0x0a000002;
    int protocol = 6;
    std::uint32_t id = 1;
    std::uint32_t fragment = 0;
    int hops = 64;
    Bytes options;
};

inline Bytes ip4(const Bytes& payload, const Ip4Bytes& parts = {}) {
    const auto words = static_cast<int>(5 + parts.options.size() / 4);
    const auto total = static_cast<std::uint32_t>(20 + parts.options.size() + payload.size());
    return bytes({0x40 | words, 0}) + be16(total) + be16(parts.id) + be16(parts.fragment) +
           bytes({parts.hops, parts.protocol, 0, 0}) + be32(parts.source) +
           be32(parts.destination) + parts.options + payload;
}

inline Bytes ip6(const Bytes& payload, int next = 6) {
    const Bytes one = zeros(15) + bytes({1});
    const Bytes two = zeros(15) + bytes({2});
    return bytes({0x60, 0, 0, 0}) + be16(static_cast<std::uint32_t>(payload.size())) +
           bytes({next, 64}) + one + two + payload;
}

inline Bytes udp(const Bytes& payload, std::uint32_t port) {
    return be16(5000) + be16(port) + be16(static_cast<std::uint32_t>(8 + payload.size())) +
           zeros(2) + payload;
}

inline Bytes ethernet(const Bytes& payload, std::uint32_t type = 0x0800) {
    return zeros(12) + be16(type) + payload;
}

inline PacketRecord record_of(const Bytes& packet, std::uint32_t link_type) {
    return {.bytes = packet, .wire_bytes = packet.size(), .link_type = link_type};
}

}  // namespace tcpdx::capture::testing
