// Link types by the numbers of https://www.tcpdump.org/linktypes.html: what each packet of a file
// starts with.

#include <algorithm>
#include <array>
#include <bit>

#include "sources/capture/decode.h"

namespace tcpdx::capture {
namespace {

using layers::Kind;
using layers::Walk;
using wire::load_be;

enum LinkType : std::uint32_t {
    kNull = 0,
    kEthernet = 1,
    kTokenRing = 6,
    kPpp = 9,
    kFddi = 10,
    kAtmRfc1483 = 11,
    kRawBsd = 12,
    kRawOpenBsd = 14,
    kPppHdlc = 50,
    kPppoe = 51,
    kAtmRfc1483Linktype = 100,
    kRaw = 101,
    kCiscoHdlc = 104,
    kWifi = 105,
    kLoop = 108,
    kEnc = 109,
    kLinuxCooked = 113,
    kPflog = 117,
    kPrism = 119,
    kRadiotap = 127,
    kPpi = 192,
    kPppWithDirection = 204,
    kIpv4 = 228,
    kIpv6 = 229,
    kNflog = 239,
    kLinuxCooked2 = 276,
};

struct LinkName {
    std::uint32_t type;
    const char* name;
};
constexpr std::array kLinkNames{
    LinkName{kNull, "BSD loopback"},
    LinkName{kEthernet, "Ethernet"},
    LinkName{kTokenRing, "Token Ring"},
    LinkName{kPpp, "PPP"},
    LinkName{kFddi, "FDDI"},
    LinkName{kAtmRfc1483, "ATM RFC 1483"},
    LinkName{kRawBsd, "raw IP"},
    LinkName{kRawOpenBsd, "raw IP"},
    LinkName{kPppHdlc, "PPP"},
    LinkName{kPppoe, "PPPoE"},
    LinkName{kAtmRfc1483Linktype, "ATM RFC 1483"},
    LinkName{kRaw, "raw IP"},
    LinkName{kCiscoHdlc, "Cisco HDLC"},
    LinkName{kWifi, "802.11"},
    LinkName{kLoop, "OpenBSD loopback"},
    LinkName{kEnc, "OpenBSD enc"},
    LinkName{kLinuxCooked, "Linux cooked v1"},
    LinkName{kPflog, "OpenBSD pflog"},
    LinkName{kPrism, "802.11 with Prism header"},
    LinkName{kRadiotap, "802.11 with radiotap header"},
    LinkName{kPpi, "PPI"},
    LinkName{kPppWithDirection, "PPP"},
    LinkName{kIpv4, "raw IPv4"},
    LinkName{kIpv6, "raw IPv6"},
    LinkName{kNflog, "Linux NFLOG"},
    LinkName{kLinuxCooked2, "Linux cooked v2"},
};

// Little endian in the file whatever the machine was.
std::uint16_t load_le16(std::span<const std::byte> bytes, std::size_t at) {
    return static_cast<std::uint16_t>(std::to_integer<unsigned>(bytes[at]) |
                                      std::to_integer<unsigned>(bytes[at + 1]) << 8U);
}

// The address family in the writer's byte order, and its number differs between systems. The IP
// version behind it says the same without any doubt, so only non-IP is told by it.
void start_null(Walk& walk) {
    if (!walk.rest.take<4>()) {
        return walk.finish(Decoded::Cut);
    }
    walk.next(Kind::Ip);
}

void start_cooked(Walk& walk, Packet& packet) {
    const auto head = walk.rest.take<16>();
    if (!head) {
        return walk.finish(Decoded::Cut);
    }
    const auto way = load_be<std::uint16_t, 0>(*head);
    packet.segment.passage = way == 4 ? Passage::Out : way == 0 ? Passage::In : Passage::Unknown;
    walk.next(Kind::EtherType, load_be<std::uint16_t, 14>(*head));
}

void start_cooked2(Walk& walk, Packet& packet) {
    const auto head = walk.rest.take<20>();
    if (!head) {
        return walk.finish(Decoded::Cut);
    }
    const auto way = load_be<std::uint8_t, 10>(*head);
    packet.segment.passage = way == 4 ? Passage::Out : way == 0 ? Passage::In : Passage::Unknown;
    walk.next(Kind::EtherType, load_be<std::uint16_t, 0>(*head));
}

// A header, then type-length-value records; the packet is in the one of type 9.
void start_nflog(Walk& walk) {
    constexpr std::uint16_t kPayload = 9;
    if (!walk.rest.take<4>()) {
        return walk.finish(Decoded::Cut);
    }
    while (walk.rest.rest().size() >= 4) {
        const std::span<const std::byte> here = walk.rest.rest();
        // In the writer's order; the payload's type is told from its swapped form.
        std::uint16_t length = load_le16(here, 0);
        std::uint16_t type = load_le16(here, 2);
        if (type > 255) {
            length = static_cast<std::uint16_t>(length << 8U | length >> 8U);
            type = static_cast<std::uint16_t>(type << 8U | type >> 8U);
        }
        if (length < 4) {
            return walk.finish(Decoded::Damaged);
        }
        if (type == kPayload) {
            static_cast<void>(walk.rest.take<4>());
            return walk.next(Kind::Ip);
        }
        if (!walk.rest.take((length + 3U) & ~3U)) {
            return walk.finish(Decoded::Cut);
        }
    }
    walk.finish(Decoded::NotIp);
}

// IEEE 802.11: only data frames carry IP, and only unencrypted ones can be read.
void start_wifi(Walk& walk) {
    const std::span<const std::byte> frame = walk.rest.rest();
    if (frame.size() < 24) {
        return walk.finish(Decoded::Cut);
    }
    const auto control = std::to_integer<unsigned>(frame[0]);
    const auto flags = std::to_integer<unsigned>(frame[1]);
    const bool is_data = (control & 0x0cU) == 0x08U;
    const bool without_body = (control & 0x40U) != 0;
    const bool encrypted = (flags & 0x40U) != 0;
    if (!is_data || without_body || encrypted) {
        return walk.finish(Decoded::NotIp);
    }
    std::size_t size = 24;
    size += (flags & 0x03U) == 0x03U ? 6 : 0;  // between access points: a fourth address
    const bool quality = (control & 0x80U) != 0;
    size += quality ? 2 : 0;                          // quality of service
    size += quality && (flags & 0x80U) != 0 ? 4 : 0;  // high throughput control
    if (!walk.rest.take(size)) {
        return walk.finish(Decoded::Cut);
    }
    walk.next(Kind::Llc);
}

// Headers that say their own length at bytes 2 and 3, little endian.
void start_measured(Walk& walk, bool ppi) {
    const std::span<const std::byte> here = walk.rest.rest();
    if (here.size() < 8) {
        return walk.finish(Decoded::Cut);
    }
    const std::uint16_t length = load_le16(here, 2);
    const std::uint16_t inner = load_le16(here, 4);
    if (length < 8 || !walk.rest.take(length)) {
        return walk.finish(length < 8 ? Decoded::Damaged : Decoded::Cut);
    }
    if (ppi && inner == kEthernet) {
        return walk.next(Kind::Ethernet);
    }
    start_wifi(walk);
}

void skip(Walk& walk, std::size_t size, Kind kind, std::uint32_t number = 0) {
    if (!walk.rest.take(size)) {
        return walk.finish(Decoded::Cut);
    }
    walk.next(kind, number);
}

void start_hdlc(Walk& walk) {
    const auto head = walk.rest.take<4>();
    if (!head) {
        return walk.finish(Decoded::Cut);
    }
    walk.next(Kind::EtherType, load_be<std::uint16_t, 2>(*head));
}

void start_pflog(Walk& walk) {
    const std::span<const std::byte> here = walk.rest.rest();
    if (here.empty()) {
        return walk.finish(Decoded::Cut);
    }
    skip(walk, (std::to_integer<std::size_t>(here[0]) + 3U) & ~std::size_t{3}, Kind::Ip);
}

}  // namespace

const char* link_type_name(std::uint32_t link_type) {
    const auto* const found =
        std::find_if(kLinkNames.begin(), kLinkNames.end(),
                     [&](const LinkName& link) { return link.type == link_type; });
    return found == kLinkNames.end() ? "" : found->name;
}

namespace layers {

void start_link(const PacketRecord& record, Walk& walk, Packet& packet) {
    switch (record.link_type) {
        case kEthernet:
            return walk.next(Kind::Ethernet);
        case kRawBsd:
        case kRawOpenBsd:
        case kRaw:
        case kIpv4:
        case kIpv6:
            return walk.next(Kind::Ip);
        case kNull:
        case kLoop:
            return start_null(walk);
        case kEnc:
            return skip(walk, 12, Kind::Ip);
        case kLinuxCooked:
            return start_cooked(walk, packet);
        case kLinuxCooked2:
            return start_cooked2(walk, packet);
        case kNflog:
            return start_nflog(walk);
        case kPpp:
        case kPppHdlc:
            return walk.next(Kind::Ppp);
        case kPppWithDirection:
            return skip(walk, 1, Kind::Ppp);
        case kPppoe:
            return walk.next(Kind::EtherType, 0x8864);
        case kCiscoHdlc:
            return start_hdlc(walk);
        case kFddi:
            return skip(walk, 13, Kind::Llc);
        case kTokenRing:
            return skip(walk, 14, Kind::Llc);
        case kAtmRfc1483:
        case kAtmRfc1483Linktype:
            return walk.next(Kind::Llc);
        case kWifi:
            return start_wifi(walk);
        case kRadiotap:
            return start_measured(walk, false);
        case kPpi:
            return start_measured(walk, true);
        case kPrism:
            if (!walk.rest.take(144)) {
                return walk.finish(Decoded::Cut);
            }
            return start_wifi(walk);
        case kPflog:
            return start_pflog(walk);
        default:
            return walk.finish(Decoded::UnknownLinkType);
    }
}

}  // namespace layers
}  // namespace tcpdx::capture
