// What lies between a link and IP: VLAN tags, LLC/SNAP, PPP, PPPoE, MPLS, FabricPath.

#include "sources/capture/decode.h"

namespace tcpdx::capture::layers {
namespace {

using wire::load_be;

void skip(Walk& walk, std::size_t size, Kind kind, std::uint32_t number = 0) {
    if (!walk.rest.take(size)) {
        return walk.finish(Decoded::Cut);
    }
    walk.next(kind, number);
}

void step_mpls(Walk& walk) {
    for (;;) {
        const auto label = walk.rest.take<4>();
        if (!label) {
            return walk.finish(Decoded::Cut);
        }
        if ((load_be<std::uint8_t, 2>(*label) & 1U) != 0) {
            break;
        }
    }
    // Nothing says what is inside. An Ethernet address that starts with a 4 or 6 is the risk; with
    // a control word (RFC 4385: four zero bits) there is none.
    const std::span<const std::byte> inside = walk.rest.rest();
    if (inside.empty()) {
        return walk.finish(Decoded::Cut);
    }
    switch (std::to_integer<unsigned>(inside[0]) >> 4U) {
        case 4:
        case 6:
            return walk.next(Kind::Ip);
        case 0:
            return skip(walk, 4, Kind::Ethernet);
        default:
            return walk.next(Kind::Ethernet);
    }
}

// IEEE 802.1AE. Without encryption only a checksum follows, behind what IP names as its length.
void step_macsec(Walk& walk) {
    constexpr unsigned kEncryptedOrChanged = 0x0c;
    constexpr unsigned kHasChannel = 0x20;
    const auto tag = walk.rest.take<6>();
    if (!tag) {
        return walk.finish(Decoded::Cut);
    }
    const unsigned control = load_be<std::uint8_t, 0>(*tag);
    if ((control & kEncryptedOrChanged) != 0) {
        return walk.finish(Decoded::Encrypted);
    }
    if ((control & kHasChannel) != 0 && !walk.rest.take<8>()) {
        return walk.finish(Decoded::Cut);
    }
    const auto type = walk.rest.take<2>();
    if (!type) {
        return walk.finish(Decoded::Cut);
    }
    const auto number = load_be<std::uint16_t, 0>(*type);
    walk.next(number < 1536 ? Kind::Llc : Kind::EtherType, number);
}

// RFC 8300: the network service header.
void step_service_chain(Walk& walk) {
    const std::span<const std::byte> here = walk.rest.rest();
    if (here.size() < 8) {
        return walk.finish(Decoded::Cut);
    }
    const std::size_t size = (std::to_integer<std::size_t>(here[1]) & 0x3fU) * 4;
    const auto inside = std::to_integer<unsigned>(here[3]);
    if (size < 8 || !walk.rest.take(size)) {
        return walk.finish(size < 8 ? Decoded::Damaged : Decoded::Cut);
    }
    switch (inside) {
        case 1:
        case 2:
            return walk.next(Kind::Ip);
        case 3:
            return walk.next(Kind::Ethernet);
        default:
            return walk.finish(Decoded::NotIp);
    }
}

}  // namespace

void step_ethernet(Walk& walk) {
    const auto head = walk.rest.take<14>();
    if (!head) {
        return walk.finish(Decoded::Cut);
    }
    const auto type = load_be<std::uint16_t, 12>(*head);
    // IEEE 802.3: below 1536 it is a length, and LLC follows.
    if (type < 1536) {
        return walk.next(Kind::Llc);
    }
    walk.next(Kind::EtherType, type);
}

void step_ether_type(Walk& walk) {
    switch (walk.number) {
        case 0x0800:
        case 0x86dd:
            return walk.next(Kind::Ip);
        case 0x8100:  // 802.1Q
        case 0x88a8:  // 802.1ad
        case 0x9100:
        case 0x9200: {
            const auto tag = walk.rest.take<4>();
            if (!tag) {
                return walk.finish(Decoded::Cut);
            }
            const auto type = load_be<std::uint16_t, 2>(*tag);
            return walk.next(type < 1536 ? Kind::Llc : Kind::EtherType, type);
        }
        case 0x8864: {  // PPPoE session
            if (!walk.rest.take<6>()) {
                return walk.finish(Decoded::Cut);
            }
            return walk.next(Kind::Ppp);
        }
        case 0x8847:
        case 0x8848:
            return step_mpls(walk);
        case 0x88e5:
            return step_macsec(walk);
        case 0x8926:    // VN-Tag
        case 0x892f: {  // HSR and PRP
            const auto tag = walk.rest.take<6>();
            if (!tag) {
                return walk.finish(Decoded::Cut);
            }
            return walk.next(Kind::EtherType, load_be<std::uint16_t, 4>(*tag));
        }
        case 0x894f:
            return step_service_chain(walk);
        case 0x8903:  // Cisco FabricPath: a tag, then the frame
            return skip(walk, 2, Kind::Ethernet);
        case 0x88e7:  // 802.1ah
            return skip(walk, 4, Kind::Ethernet);
        case 0x6558:  // Transparent Ethernet Bridging
            return walk.next(Kind::Ethernet);
        case 4:  // of Linux cooked: 802.2 LLC
            return walk.next(Kind::Llc);
        case 0x880b:
            return walk.next(Kind::Ppp);
        default:
            return walk.finish(Decoded::NotIp);
    }
}

void step_llc(Walk& walk) {
    const auto head = walk.rest.take<3>();
    if (!head) {
        return walk.finish(Decoded::Cut);
    }
    const auto destination = load_be<std::uint8_t, 0>(*head);
    if (destination == 0x06) {  // the SAP of IP itself
        return walk.next(Kind::Ip);
    }
    if (destination != 0xaa) {
        return walk.finish(Decoded::NotIp);
    }
    const auto snap = walk.rest.take<5>();
    if (!snap) {
        return walk.finish(Decoded::Cut);
    }
    walk.next(Kind::EtherType, load_be<std::uint16_t, 3>(*snap));
}

void step_ppp(Walk& walk) {
    // With or without the address and control bytes of HDLC; the protocol takes one byte when it
    // was compressed, and then it is odd.
    std::span<const std::byte> here = walk.rest.rest();
    if (here.size() >= 2 && here[0] == std::byte{0xff} && here[1] == std::byte{0x03}) {
        static_cast<void>(walk.rest.take<2>());
        here = walk.rest.rest();
    }
    if (here.size() < 2) {
        return walk.finish(Decoded::Cut);
    }
    std::uint32_t protocol = std::to_integer<std::uint32_t>(here[0]);
    if ((protocol & 1U) != 0) {
        static_cast<void>(walk.rest.take<1>());
    } else {
        protocol = protocol << 8U | std::to_integer<std::uint32_t>(here[1]);
        static_cast<void>(walk.rest.take<2>());
    }
    switch (protocol) {
        case 0x0021:
        case 0x0057:
            return walk.next(Kind::Ip);
        case 0x0281:
            return walk.next(Kind::EtherType, 0x8847);
        default:
            return walk.finish(Decoded::NotIp);
    }
}

}  // namespace tcpdx::capture::layers
