// IPv4 with its options and fragments, IPv6 with its extension headers, IP within IP.

#include <algorithm>

#include "sources/capture/decode.h"

namespace tcpdx::capture::layers {
namespace {

using wire::load_be;

enum Protocol : std::uint32_t {
    kHopByHop = 0,
    kIcmp = 1,
    kIpInIp = 4,
    kTcp = 6,
    kUdp = 17,
    kIpv6 = 41,
    kRouting = 43,
    kFragmentHeader = 44,
    kGre = 47,
    kEncrypted = 50,
    kAuthentication = 51,
    kIcmpV6 = 58,
    kDestinationOptions = 60,
    kEtherIp = 97,
    kL2tp3 = 115,
    kMobility = 135,
    kMpls = 137,
    kHip = 139,
    kShim6 = 140,
};

IpAddress v6_address(std::span<const std::byte, 16> bytes) {
    IpAddress address;
    address.family = IpFamily::V6;
    std::transform(bytes.begin(), bytes.end(), address.bytes.begin(),
                   [](std::byte byte) { return std::to_integer<std::uint8_t>(byte); });
    return address;
}

// Everything behind the length that IP names is padding or a checksum of the link.
void limit_to(Walk& walk, std::uint32_t length) {
    const std::span<const std::byte> rest = walk.rest.rest();
    walk.rest = wire::ByteCursor(rest.first(std::min<std::size_t>(rest.size(), length)));
    walk.length = length;
}

// A packet that the network card will cut up (TSO) may have no length yet.
std::uint32_t length_without_header(const Walk& walk) {
    constexpr std::uint64_t kMost = 16U << 20U;
    return static_cast<std::uint32_t>(std::min(walk.rest.rest().size() + walk.missing, kMost));
}

void take_fragment(Walk& walk, Packet& packet, std::uint32_t id, std::uint32_t offset, bool more) {
    packet.fragment = {.source = walk.source,
                       .destination = walk.destination,
                       .id = id,
                       .network = packet.segment.network,
                       .offset = offset,
                       .length = walk.length,
                       .more = more,
                       .hop_limit = packet.segment.hop_limit,
                       .bytes = walk.rest.rest()};
    walk.finish(Decoded::Fragment);
}

//    0                   1                   2                   3
//    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//   +-------+-------+---------------+-------------------------------+
//   |Version|  IHL  |Type of Service|          Total Length         |   0
//   +-------------------------------+-----+-------------------------+
//   |         Identification        |Flags|     Fragment Offset     |   4
//   +---------------+---------------+-------------------------------+
//   |  Time to Live |    Protocol   |        Header Checksum        |   8
//   +-------------------------------+-------------------------------+
//   |                     Source, Destination                       |  12
void step_v4(Walk& walk, Packet& packet) {
    const auto head = walk.rest.take<20>();
    if (!head) {
        return walk.finish(Decoded::Cut);
    }
    const std::uint32_t header_bytes = (load_be<std::uint8_t, 0>(*head) & 0x0fU) * 4U;
    if (header_bytes < 20) {
        return walk.finish(Decoded::Damaged);
    }
    if (!walk.rest.take(header_bytes - 20)) {
        return walk.finish(Decoded::Cut);
    }
    const std::uint32_t total = load_be<std::uint16_t, 2>(*head);
    if (total != 0 && total < header_bytes) {
        return walk.finish(Decoded::Damaged);
    }
    limit_to(walk, total == 0 ? length_without_header(walk) : total - header_bytes);
    walk.source = IpAddress::v4(load_be<std::uint32_t, 12>(*head));
    walk.destination = IpAddress::v4(load_be<std::uint32_t, 16>(*head));
    const std::uint16_t id = load_be<std::uint16_t, 4>(*head);
    packet.segment.ip_id = id;
    packet.segment.hop_limit = load_be<std::uint8_t, 8>(*head);
    const std::uint32_t protocol = load_be<std::uint8_t, 9>(*head);
    const std::uint32_t fragment = load_be<std::uint16_t, 6>(*head);
    const std::uint32_t offset = (fragment & 0x1fffU) * 8;
    const bool more = (fragment & 0x2000U) != 0;
    if (offset == 0 && !more) {
        return walk.next(Kind::IpProtocol, protocol);
    }
    if (protocol == kTcp) {
        return take_fragment(walk, packet, id, offset, more);
    }
    // The first piece of a tunnel's packet has the headers of what is inside.
    if (offset == 0) {
        return walk.next(Kind::IpProtocol, protocol);
    }
    walk.finish(Decoded::OtherIp);
}

void step_v6(Walk& walk, Packet& packet) {
    const auto head = walk.rest.take<40>();
    if (!head) {
        return walk.finish(Decoded::Cut);
    }
    const std::uint32_t length = load_be<std::uint16_t, 4>(*head);
    limit_to(walk, length == 0 ? length_without_header(walk) : length);
    walk.source = v6_address(head->subspan<8, 16>());
    walk.destination = v6_address(head->subspan<24, 16>());
    packet.segment.ip_id.reset();
    packet.segment.hop_limit = load_be<std::uint8_t, 7>(*head);
    walk.next(Kind::IpProtocol, load_be<std::uint8_t, 6>(*head));
}

// Extension headers say their length in units of their own.
void step_extension(Walk& walk, std::uint32_t unit, std::uint32_t extra) {
    const std::span<const std::byte> here = walk.rest.rest();
    if (here.size() < 2) {
        return walk.finish(Decoded::Cut);
    }
    const auto next = std::to_integer<std::uint32_t>(here[0]);
    const std::uint32_t size = (std::to_integer<std::uint32_t>(here[1]) + extra) * unit;
    if (size > walk.length) {
        return walk.finish(Decoded::Damaged);
    }
    if (!walk.rest.take(size)) {
        return walk.finish(Decoded::Cut);
    }
    walk.length -= size;
    walk.next(Kind::IpProtocol, next);
}

void step_fragment_header(Walk& walk, Packet& packet) {
    const auto head = walk.rest.take<8>();
    if (!head || walk.length < 8) {
        return walk.finish(Decoded::Cut);
    }
    walk.length -= 8;
    const std::uint32_t protocol = load_be<std::uint8_t, 0>(*head);
    const std::uint32_t where = load_be<std::uint16_t, 2>(*head);
    const std::uint32_t offset = where & 0xfff8U;
    const bool more = (where & 1U) != 0;
    // An "atomic" fragment is whole (RFC 6946).
    if (offset == 0 && !more) {
        return walk.next(Kind::IpProtocol, protocol);
    }
    if (protocol == kTcp) {
        return take_fragment(walk, packet, load_be<std::uint32_t, 4>(*head), offset, more);
    }
    if (offset == 0) {
        return walk.next(Kind::IpProtocol, protocol);
    }
    walk.finish(Decoded::OtherIp);
}

}  // namespace

void step_ip(Walk& walk, Packet& packet) {
    const std::span<const std::byte> here = walk.rest.rest();
    if (here.empty()) {
        return walk.finish(Decoded::Cut);
    }
    switch (std::to_integer<unsigned>(here[0]) >> 4U) {
        case 4:
            return step_v4(walk, packet);
        case 6:
            return step_v6(walk, packet);
        default:
            return walk.finish(Decoded::NotIp);
    }
}

void step_ip_protocol(Walk& walk, Packet& packet) {
    switch (walk.number) {
        case kTcp:
            packet.segment.source.address = walk.source;
            packet.segment.destination.address = walk.destination;
            return walk.finish(decode_tcp(walk.rest.rest(), walk.length, packet.segment));
        case kUdp:
            return step_udp(walk, packet);
        case kGre:
            return step_gre(walk, packet);
        case kIcmp:
            return step_icmp(walk, packet, false);
        case kIcmpV6:
            return step_icmp(walk, packet, true);
        case kIpInIp:
        case kIpv6:
            return walk.next(Kind::Ip);
        case kHopByHop:
        case kRouting:
        case kDestinationOptions:
        case kMobility:
        case kHip:
        case kShim6:
            return step_extension(walk, 8, 1);
        case kAuthentication:
            return step_extension(walk, 4, 2);
        case kFragmentHeader:
            return step_fragment_header(walk, packet);
        case kEncrypted:
            return walk.finish(Decoded::Encrypted);
        case kL2tp3:
            return step_l2tp3(walk);
        case kEtherIp:
            if (!walk.rest.take<2>()) {
                return walk.finish(Decoded::Cut);
            }
            return walk.next(Kind::Ethernet);
        case kMpls:
            return walk.next(Kind::EtherType, 0x8847);
        default:
            return walk.finish(Decoded::OtherIp);
    }
}

}  // namespace tcpdx::capture::layers
