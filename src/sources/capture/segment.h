#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "model/ip_address.h"
#include "sources/capture/packet_reader.h"

namespace tcpdx::capture {

// How much of the TCP header was captured. Each has all that those before it have.
enum class HeaderSeen : std::uint8_t { Ports, Sequence, Acknowledgment, Flags, Fixed, Options };

// The bits of byte 13.
enum Flag : std::uint8_t {
    kFin = 0x01,
    kSyn = 0x02,
    kRst = 0x04,
    kPsh = 0x08,
    kAck = 0x10,
    kUrg = 0x20,
    kEce = 0x40,
    kCwr = 0x80,
};

// Only on segments with SYN.
struct SynOptions {
    std::optional<std::uint16_t> max_segment_size;
    std::optional<std::uint8_t> window_shift;
    bool sack_permitted = false;
    bool timestamps = false;
    bool fast_open = false;
    bool malformed = false;
};

// One TCP segment as far as it matters here; numbers in host order.
struct Segment {
    SocketAddress source;
    SocketAddress destination;
    // The virtual network that it was in (VXLAN, Geneve, GRE key): the same addresses in two of
    // them are two connections. 0 outside.
    std::uint32_t network = 0;
    HeaderSeen seen = HeaderSeen::Ports;
    std::uint8_t flags = 0;
    std::uint8_t hop_limit = 0;
    Passage passage = Passage::Unknown;
    std::optional<std::uint16_t> ip_id;
    std::uint16_t window = 0;  // as sent
    std::uint32_t sequence = 0;
    std::uint32_t acknowledgment = 0;
    std::uint32_t payload_bytes = 0;  // as sent, whatever was captured of it
    std::uint32_t fingerprint = 0;    // equal for copies of one packet
    SynOptions syn_options;
    bool bad_header = false;  // its data offset or options contradict its length
    // The kernel cuts what a program sends in one piece after the capture sees it (TSO).
    bool has(std::uint8_t flag) const { return (flags & flag) != 0; }
    bool flags_known() const { return seen >= HeaderSeen::Flags; }
};

// An ICMP error, and what it says of the segment that it quotes.
struct IcmpError {
    IpAddress reporter;
    std::uint8_t type = 0;
    std::uint8_t code = 0;
    Segment quoted;  // ports, and mostly the sequence number
};

}  // namespace tcpdx::capture
