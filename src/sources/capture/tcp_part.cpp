// The TCP header, as much of it as was captured, and the one that an ICMP error quotes.

#include <algorithm>
#include <array>
#include <cstring>

#include "sources/capture/decode.h"
#include "wire/tcp_header.h"

namespace tcpdx::capture {
namespace {

using wire::load_be;

constexpr std::size_t kFixedBytes = 20;
constexpr std::size_t kMostHeaderBytes = 60;

// Not for anything an attacker gains from: two packets that only look like copies of each other
// would have to follow within a moment.
std::uint32_t hash(std::span<const std::byte> bytes, std::uint64_t seed) {
    std::uint64_t value = seed * 0x9e3779b97f4a7c15U;
    std::size_t at = 0;
    for (; at + 8 <= bytes.size(); at += 8) {
        std::uint64_t word = 0;
        std::memcpy(&word, bytes.data() + at, 8);
        value = (value ^ word) * 0xff51afd7ed558ccdU;
        value ^= value >> 32U;
    }
    std::uint64_t word = 0;
    if (at < bytes.size()) {
        std::memcpy(&word, bytes.data() + at, bytes.size() - at);
    }
    value = (value ^ word) * 0xff51afd7ed558ccdU;
    return static_cast<std::uint32_t>(value ^ value >> 32U);
}

// Options behind which the capture or the segment ends are read as far as they go.
SynOptions read_syn_options(std::span<const std::byte> header, std::size_t header_bytes) {
    std::array<std::byte, kMostHeaderBytes> copy{};
    const std::size_t there =
        std::min({header.size(), header_bytes, copy.size()}) & ~std::size_t{3};
    std::copy_n(header.begin(), there, copy.begin());
    copy[12] = static_cast<std::byte>(there / 4 << 4U);
    const auto parsed = wire::parse_tcp(std::span(copy).first(there));
    if (!parsed) {
        return {};
    }
    const wire::TcpOptions& options = parsed->options;
    return {.max_segment_size = options.max_segment_size,
            .window_shift = options.window_shift,
            .sack_permitted = options.sack_permitted,
            .timestamps = options.timestamps.has_value(),
            .fast_open = options.fast_open,
            .malformed = options.malformed && there == header_bytes};
}

HeaderSeen how_much(std::size_t size) {
    if (size >= kFixedBytes) {
        return HeaderSeen::Fixed;
    }
    if (size >= 14) {
        return HeaderSeen::Flags;
    }
    if (size >= 12) {
        return HeaderSeen::Acknowledgment;
    }
    return size >= 8 ? HeaderSeen::Sequence : HeaderSeen::Ports;
}

std::uint32_t be32(std::span<const std::byte> bytes, std::size_t at) {
    return load_be<std::uint32_t, 0>(bytes.subspan(at).first<4>());
}

}  // namespace

Decoded decode_tcp(std::span<const std::byte> bytes, std::uint32_t length, Segment& segment) {
    if (bytes.size() < 4) {
        return length < 4 ? Decoded::Damaged : Decoded::Cut;
    }
    segment.source.port = load_be<std::uint16_t, 0>(bytes.first<4>());
    segment.destination.port = load_be<std::uint16_t, 2>(bytes.first<4>());
    segment.seen = how_much(bytes.size());
    segment.sequence = segment.acknowledgment = segment.payload_bytes = 0;
    segment.flags = 0;
    segment.window = 0;
    segment.bad_header = length < kFixedBytes;
    segment.syn_options = {};
    if (segment.seen >= HeaderSeen::Sequence) {
        segment.sequence = be32(bytes, 4);
    }
    if (segment.seen >= HeaderSeen::Acknowledgment) {
        segment.acknowledgment = be32(bytes, 8);
    }
    std::size_t header_bytes = kFixedBytes;
    if (segment.seen >= HeaderSeen::Flags) {
        header_bytes = std::to_integer<std::size_t>(bytes[12]) / 16 * 4;
        segment.flags = std::to_integer<std::uint8_t>(bytes[13]);
        segment.bad_header |= header_bytes < kFixedBytes || header_bytes > length;
    }
    if (!segment.bad_header) {
        segment.payload_bytes = length - static_cast<std::uint32_t>(header_bytes);
    }
    if (segment.seen == HeaderSeen::Fixed) {
        const auto fixed = bytes.first<kFixedBytes>();
        segment.window = load_be<std::uint16_t, 14>(fixed);
        if (bytes.size() >= header_bytes && !segment.bad_header) {
            segment.seen = HeaderSeen::Options;
        }
        if (segment.has(kSyn) && !segment.bad_header) {
            segment.syn_options = read_syn_options(bytes, header_bytes);
        }
    }
    segment.fingerprint =
        hash(bytes.first(
                 std::min({bytes.size(), std::max(header_bytes, kFixedBytes), kMostHeaderBytes})),
             (std::uint64_t{segment.ip_id.value_or(0)} << 32U) | (length + 1));
    return Decoded::Tcp;
}

namespace layers {
namespace {

bool is_error(std::uint8_t type, bool v6) {
    // Unreachable, source quench, time exceeded, parameter problem.
    return v6 ? type >= 1 && type <= 4 : type == 3 || type == 4 || type == 11 || type == 12;
}

}  // namespace

void step_icmp(Walk& walk, Packet& packet, bool v6) {
    const auto head = walk.rest.take<8>();
    if (!head) {
        return walk.finish(Decoded::OtherIp);
    }
    const auto type = load_be<std::uint8_t, 0>(*head);
    if (!is_error(type, v6)) {
        return walk.finish(Decoded::OtherIp);
    }
    // The quoted packet is read like one of its own, but no further than its first layers: what
    // stands in it was sent by the other side, perhaps wrapped in a tunnel.
    Walk quoted{.rest = walk.rest, .kind = Kind::Ip};
    Packet inside;
    inside.segment.network = packet.segment.network;
    for (int layer = 0; layer < 8 && quoted.kind != Kind::Done; ++layer) {
        if (quoted.kind == Kind::Ip) {
            step_ip(quoted, inside);
        } else if (quoted.kind == Kind::IpProtocol && quoted.number != 1 && quoted.number != 58) {
            step_ip_protocol(quoted, inside);
        } else {
            break;
        }
    }
    if (quoted.kind != Kind::Done || quoted.answer != Decoded::Tcp) {
        return walk.finish(Decoded::OtherIp);
    }
    packet.icmp = {.reporter = walk.source,
                   .type = type,
                   .code = load_be<std::uint8_t, 1>(*head),
                   .quoted = inside.segment};
    walk.finish(Decoded::Icmp);
}

}  // namespace layers
}  // namespace tcpdx::capture
