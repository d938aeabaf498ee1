#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "model/ip_address.h"

namespace tcpdx::wire {

// RFC 3168, 5: the two low bits of the traffic class.
enum class Ecn : std::uint8_t { NotCapable = 0, Capable1 = 1, Capable0 = 2, Congested = 3 };

inline constexpr std::uint8_t kProtocolIcmp = 1;
inline constexpr std::uint8_t kProtocolTcp = 6;
inline constexpr std::uint8_t kProtocolIcmpV6 = 58;

struct IpHeader {
    IpAddress source;
    IpAddress destination;
    std::uint8_t protocol = kProtocolTcp;
    std::uint8_t hop_limit = 64;
    std::uint8_t traffic_class = 0;  // differentiated services and ECN

    [[nodiscard]] Ecn ecn() const { return static_cast<Ecn>(traffic_class & 3U); }
};

struct IpDatagram {
    IpHeader header;
    std::span<const std::byte> payload;  // points into the input
};

// A whole, unfragmented IPv4 or IPv6 datagram as a host receives it. Bytes behind its length are
// left out; options of IPv4 are skipped (RFC 9293, MUST-50), as are IPv6's extension headers.
// Empty for what has to be dropped: cut, fragmented, a wrong header checksum, a bad header length.
[[nodiscard]] std::optional<IpDatagram> parse_ip_datagram(std::span<const std::byte> bytes);

// What an ICMP error quotes of the datagram it is about: the same, but the payload may be cut.
[[nodiscard]] std::optional<IpDatagram> parse_quoted_datagram(std::span<const std::byte> bytes);

inline constexpr std::size_t kMaxIpHeaderBytes = 40;
[[nodiscard]] std::size_t ip_header_bytes(IpFamily family);

// Writes the header in front of a payload of this size; `out` has room for ip_header_bytes().
void write_ip_header(const IpHeader& header, std::size_t payload_bytes, std::span<std::byte> out);

}  // namespace tcpdx::wire
