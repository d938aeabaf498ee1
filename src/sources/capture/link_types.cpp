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
    kFrameRelay = 107,
    kLinuxCooked = 113,
    kPflog = 117,
    kPrism = 119,
    kRadiotap = 127,
    kAvs = 163,
    kPpi = 192,
    kPppWithDirection = 204,
    kCiscoHdlcWithDirection = 205,
    kIpv4 = 228,
    kIpv6 = 229,
    kNflog = 239,
    kPktap = 258,
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
    LinkName{kFrameRelay, "Frame Relay"},
    LinkName{kLoop, "OpenBSD loopback"},
    LinkName{kEnc, "OpenBSD enc"},
    LinkName{kLinuxCooked, "Linux cooked v1"},
    LinkName{kPflog, "OpenBSD pflog"},
    LinkName{kPrism, "802.11 with Prism header"},
    LinkName{kRadiotap, "802.11 with radiotap header"},
    LinkName{kAvs, "802.11 with AVS header"},
    LinkName{kPpi, "PPI"},
    LinkName{kPppWithDirection, "PPP"},
    LinkName{kCiscoHdlcWithDirection, "Cisco HDLC"},
    LinkName{kIpv4, "raw IPv4"},
    LinkName{kIpv6, "raw IPv6"},
    LinkName{kNflog, "Linux NFLOG"},
    LinkName{kPktap, "Apple pktap"},
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

// IEEE 802.11: only data frames carry IP, and only unencrypted ones can be read. Some drivers fill
// the header up to a multiple of four.
void start_wifi(Walk& walk, bool padded) {
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
        return walk.finish(is_data && encrypted ? Decoded::Encrypted : Decoded::NotIp);
    }
    std::size_t size = 24;
    size += (flags & 0x03U) == 0x03U ? 6 : 0;  // between access points: a fourth address
    const bool quality = (control & 0x80U) != 0;
    const std::size_t quality_at = size;
    size += quality ? 2 : 0;                          // quality of service
    size += quality && (flags & 0x80U) != 0 ? 4 : 0;  // high throughput control
    size = padded ? (size + 3) / 4 * 4 : size;
    if (!walk.rest.take(size)) {
        return walk.finish(Decoded::Cut);
    }
    // Several frames in one (A-MSDU): the first stands for them, with addresses and length of its
    // own before it.
    const bool aggregated = quality && (std::to_integer<unsigned>(frame[quality_at]) & 0x80U) != 0;
    if (aggregated && !walk.rest.take<14>()) {
        return walk.finish(Decoded::Cut);
    }
    walk.next(Kind::Llc);
}

// https://www.radiotap.org: a bit for each field that is there, in words that say by their top bit
// whether another follows; then the fields. The second one are the flags, behind a clock.
bool says_padded(std::span<const std::byte> header) {
    constexpr unsigned kPadded = 0x20;
    const auto is_set = [&](std::size_t word, unsigned bit) {
        return (std::to_integer<unsigned>(header[word + bit / 8]) >> (bit % 8) & 1U) != 0;
    };
    std::size_t at = 4;
    while (at + 8 <= header.size() && is_set(at, 31)) {
        at += 4;
    }
    at += 4;
    if (header.size() < 8 || !is_set(4, 1)) {
        return false;
    }
    at = is_set(4, 0) ? (at + 7) / 8 * 8 + 8 : at;
    return at < header.size() && (std::to_integer<unsigned>(header[at]) & kPadded) != 0;
}

// Headers that say their own length at bytes 2 and 3, little endian.
void start_radiotap(Walk& walk) {
    const std::span<const std::byte> here = walk.rest.rest();
    if (here.size() < 8) {
        return walk.finish(Decoded::Cut);
    }
    const std::uint16_t length = load_le16(here, 2);
    if (length < 8 || !walk.rest.take(length)) {
        return walk.finish(length < 8 ? Decoded::Damaged : Decoded::Cut);
    }
    start_wifi(walk, says_padded(here.first(length)));
}

void start_ppi(Walk& walk) {
    const std::span<const std::byte> here = walk.rest.rest();
    if (here.size() < 8) {
        return walk.finish(Decoded::Cut);
    }
    const std::uint16_t length = load_le16(here, 2);
    const std::uint16_t inner = load_le16(here, 4);
    if (length < 8 || !walk.rest.take(length)) {
        return walk.finish(length < 8 ? Decoded::Damaged : Decoded::Cut);
    }
    if (inner == kEthernet) {
        return walk.next(Kind::Ethernet);
    }
    start_wifi(walk, false);
}

// Big endian: a version, then the length of this header.
void start_avs(Walk& walk) {
    const std::span<const std::byte> here = walk.rest.rest();
    if (here.size() < 8) {
        return walk.finish(Decoded::Cut);
    }
    const auto length = load_be<std::uint32_t, 0>(here.subspan<4, 4>());
    if (length < 8 || !walk.rest.take(length)) {
        return walk.finish(length < 8 ? Decoded::Damaged : Decoded::Cut);
    }
    start_wifi(walk, false);
}

// RFC 2427: a two byte address, then 0x03 and what is inside.
void start_frame_relay(Walk& walk) {
    const auto head = walk.rest.take<4>();
    if (!head) {
        return walk.finish(Decoded::Cut);
    }
    const auto inside = load_be<std::uint16_t, 2>(*head);
    if (inside == 0x03cc || inside == 0x038e) {
        return walk.next(Kind::Ip);
    }
    walk.next(Kind::EtherType, inside);  // as Cisco does it
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

// macOS: a header that says its length, and at byte 8 what the packet behind it starts with.
void start_pktap(Walk& walk) {
    const std::span<const std::byte> here = walk.rest.rest();
    if (here.size() < 12) {
        return walk.finish(Decoded::Cut);
    }
    const std::size_t length = load_le16(here, 0) | std::size_t{load_le16(here, 2)} << 16U;
    const std::uint32_t inner = load_le16(here, 8) | std::uint32_t{load_le16(here, 10)} << 16U;
    if (length < 12 || !walk.rest.take(length)) {
        return walk.finish(length < 12 ? Decoded::Damaged : Decoded::Cut);
    }
    switch (inner) {
        case kEthernet:
            return walk.next(Kind::Ethernet);
        case kNull:
        case kLoop:
            return start_null(walk);
        case kRawBsd:
        case kRaw:
            return walk.next(Kind::Ip);
        default:
            return walk.finish(Decoded::UnknownLinkType);
    }
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
        case kCiscoHdlcWithDirection:
            return walk.rest.take<1>() ? start_hdlc(walk) : walk.finish(Decoded::Cut);
        case kFrameRelay:
            return start_frame_relay(walk);
        case kPktap:
            return start_pktap(walk);
        case kFddi:
            return skip(walk, 13, Kind::Llc);
        case kTokenRing:
            return skip(walk, 14, Kind::Llc);
        case kAtmRfc1483:
        case kAtmRfc1483Linktype:
            return walk.next(Kind::Llc);
        case kWifi:
            return start_wifi(walk, false);
        case kRadiotap:
            return start_radiotap(walk);
        case kAvs:
            return start_avs(walk);
        case kPpi:
            return start_ppi(walk);
        case kPrism:
            if (!walk.rest.take(144)) {
                return walk.finish(Decoded::Cut);
            }
            return start_wifi(walk, false);
        case kPflog:
            return start_pflog(walk);
        default:
            return walk.finish(Decoded::UnknownLinkType);
    }
}

}  // namespace layers
}  // namespace tcpdx::capture
