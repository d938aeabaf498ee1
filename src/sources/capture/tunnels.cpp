// What carries whole packets inside IP: GRE with ERSPAN and NVGRE, VXLAN, Geneve, GTP-U, MPLS.

#include "sources/capture/decode.h"

namespace tcpdx::capture::layers {
namespace {

using wire::load_be;

// Numbers of virtual networks of different kinds must not meet.
constexpr std::uint32_t kVxlan = 1U << 24U;
constexpr std::uint32_t kGeneve = 2U << 24U;
constexpr std::uint32_t kGreKey = 3U << 24U;

void step_vxlan(Walk& walk, Packet& packet, bool says_protocol) {
    const auto head = walk.rest.take<8>();
    if (!head) {
        return walk.finish(Decoded::Cut);
    }
    packet.segment.network = kVxlan | load_be<std::uint32_t, 4>(*head) >> 8U;
    const auto protocol = load_be<std::uint8_t, 3>(*head);
    if (says_protocol && (protocol == 1 || protocol == 2)) {
        return walk.next(Kind::Ip);
    }
    walk.next(Kind::Ethernet);
}

void step_geneve(Walk& walk, Packet& packet) {
    const auto head = walk.rest.take<8>();
    if (!head || !walk.rest.take((load_be<std::uint8_t, 0>(*head) & 0x3fU) * 4U)) {
        return walk.finish(Decoded::Cut);
    }
    packet.segment.network = kGeneve | load_be<std::uint32_t, 4>(*head) >> 8U;
    walk.next(Kind::EtherType, load_be<std::uint16_t, 2>(*head));
}

// 3GPP TS 29.281, 5.1. The two directions have different tunnel numbers, so these cannot tell
// connections apart.
void step_gtp(Walk& walk) {
    constexpr std::uint8_t kUserData = 0xff;
    const auto head = walk.rest.take<8>();
    if (!head) {
        return walk.finish(Decoded::Cut);
    }
    const auto flags = load_be<std::uint8_t, 0>(*head);
    if (flags >> 5U != 1 || load_be<std::uint8_t, 1>(*head) != kUserData) {
        return walk.finish(Decoded::OtherIp);
    }
    if ((flags & 0x07U) != 0) {
        const auto more = walk.rest.take<4>();
        if (!more) {
            return walk.finish(Decoded::Cut);
        }
        auto extension = (flags & 0x04U) != 0 ? load_be<std::uint8_t, 3>(*more) : std::uint8_t{0};
        while (extension != 0) {
            const std::span<const std::byte> here = walk.rest.rest();
            const std::size_t size = here.empty() ? 0 : std::to_integer<std::size_t>(here[0]) * 4;
            const auto whole = size == 0 ? std::nullopt : walk.rest.take(size);
            if (!whole) {
                return walk.finish(here.empty() ? Decoded::Cut : Decoded::Damaged);
            }
            extension = std::to_integer<std::uint8_t>(whole->back());
        }
    }
    walk.next(Kind::Ip);
}

// RFC 2661, 3.1: only data messages carry packets, as PPP frames.
void step_l2tp(Walk& walk) {
    constexpr std::uint16_t kControl = 0x8000;
    constexpr std::uint16_t kLength = 0x4000;
    constexpr std::uint16_t kSequence = 0x0800;
    constexpr std::uint16_t kOffset = 0x0200;
    const auto head = walk.rest.take<2>();
    if (!head) {
        return walk.finish(Decoded::Cut);
    }
    const auto flags = load_be<std::uint16_t, 0>(*head);
    if ((flags & kControl) != 0) {
        return walk.finish(Decoded::OtherIp);
    }
    if ((flags & 0x000fU) == 3) {
        return walk.rest.take<2>() ? step_l2tp3(walk) : walk.finish(Decoded::Cut);
    }
    const std::size_t size =
        4U + ((flags & kLength) != 0 ? 2U : 0U) + ((flags & kSequence) != 0 ? 4U : 0U);
    if ((flags & 0x000fU) != 2 || !walk.rest.take(size)) {
        return walk.finish((flags & 0x000fU) != 2 ? Decoded::OtherIp : Decoded::Cut);
    }
    if ((flags & kOffset) != 0) {
        const auto offset = walk.rest.take<2>();
        if (!offset || !walk.rest.take(load_be<std::uint16_t, 0>(*offset))) {
            return walk.finish(Decoded::Cut);
        }
    }
    walk.next(Kind::Ppp);
}

bool is_frame_with_ip(std::span<const std::byte> bytes) {
    if (bytes.size() < 15) {
        return false;
    }
    const auto type = load_be<std::uint16_t, 0>(bytes.subspan<12, 2>());
    const auto version = std::to_integer<unsigned>(bytes[14]) >> 4U;
    return (type == 0x0800 && version == 4) || (type == 0x86dd && version == 6) || type == 0x8100;
}

}  // namespace

// RFC 3931, 4.1: a session number, then a cookie of 0, 4 or 8 bytes and a header of 0 or 4 that
// only the two ends have agreed on. Where an Ethernet frame with IP in it starts tells them.
void step_l2tp3(Walk& walk) {
    const auto session = walk.rest.take<4>();
    if (!session) {
        return walk.finish(Decoded::Cut);
    }
    if (load_be<std::uint32_t, 0>(*session) == 0) {
        return walk.finish(Decoded::OtherIp);  // control
    }
    const std::span<const std::byte> here = walk.rest.rest();
    for (std::size_t skipped = 0; skipped <= 12 && skipped < here.size(); skipped += 4) {
        if (is_frame_with_ip(here.subspan(skipped))) {
            static_cast<void>(walk.rest.take(skipped));
            return walk.next(Kind::Ethernet);
        }
    }
    walk.finish(Decoded::OtherIp);
}

void step_udp(Walk& walk, Packet& packet) {
    const auto head = walk.rest.take<8>();
    if (!head) {
        return walk.finish(Decoded::OtherIp);
    }
    constexpr std::uint16_t kL2tp = 1701;
    if (load_be<std::uint16_t, 0>(*head) == kL2tp) {
        return step_l2tp(walk);  // the answer to a port behind an address translator
    }
    switch (load_be<std::uint16_t, 2>(*head)) {
        case kL2tp:
            return step_l2tp(walk);
        case 4754:  // RFC 8086
            return step_gre(walk, packet);
        case 4789:
        case 8472:  // what Linux and flannel use by default
            return step_vxlan(walk, packet, false);
        case 4790:
            return step_vxlan(walk, packet, true);
        case 6081:
            return step_geneve(walk, packet);
        case 2152:
            return step_gtp(walk);
        case 6635:
            return walk.next(Kind::EtherType, 0x8847);
        default:
            return walk.finish(Decoded::OtherIp);
    }
}

void step_gre(Walk& walk, Packet& packet) {
    constexpr std::uint16_t kChecksum = 0x8000;
    constexpr std::uint16_t kRouting = 0x4000;
    constexpr std::uint16_t kKey = 0x2000;
    constexpr std::uint16_t kSequence = 0x1000;
    constexpr std::uint16_t kAcknowledgment = 0x0080;  // of version 1, RFC 2637
    constexpr std::uint16_t kErspan = 0x88be;
    constexpr std::uint16_t kErspan3 = 0x22eb;
    constexpr std::uint16_t kBridging = 0x6558;
    constexpr std::uint16_t kPpp = 0x880b;
    constexpr std::uint16_t kWccp = 0x883e;

    const auto head = walk.rest.take<4>();
    if (!head) {
        return walk.finish(Decoded::Cut);
    }
    const auto flags = load_be<std::uint16_t, 0>(*head);
    const auto protocol = load_be<std::uint16_t, 2>(*head);
    if ((flags & kRouting) != 0) {
        return walk.finish(Decoded::OtherIp);
    }
    if ((flags & kChecksum) != 0 && !walk.rest.take<4>()) {
        return walk.finish(Decoded::Cut);
    }
    if ((flags & kKey) != 0) {
        const auto key = walk.rest.take<4>();
        if (!key) {
            return walk.finish(Decoded::Cut);
        }
        if (protocol == kBridging) {
            packet.segment.network = kGreKey | (load_be<std::uint32_t, 0>(*key) & 0x00ffffffU);
        }
    }
    if ((flags & kSequence) != 0 && !walk.rest.take<4>()) {
        return walk.finish(Decoded::Cut);
    }
    if ((flags & 7U) == 1 && (flags & kAcknowledgment) != 0 && !walk.rest.take<4>()) {
        return walk.finish(Decoded::Cut);
    }
    std::size_t mirror_header = 0;
    if (protocol == kErspan) {
        // Type I has no header, and no sequence number either.
        mirror_header = (flags & kSequence) != 0 ? 8 : 0;
    } else if (protocol == kErspan3) {
        const std::span<const std::byte> here = walk.rest.rest();
        const bool has_platform =
            here.size() >= 12 && (std::to_integer<unsigned>(here[11]) & 1U) != 0;
        mirror_header = has_platform ? 20 : 12;
    } else if (protocol == kWccp) {
        const std::span<const std::byte> here = walk.rest.rest();
        const bool has_redirect_header =
            !here.empty() && std::to_integer<unsigned>(here[0]) >> 4U != 4;
        if (has_redirect_header && !walk.rest.take<4>()) {
            return walk.finish(Decoded::Cut);
        }
        return walk.next(Kind::Ip);
    } else if (protocol == kPpp) {
        return walk.next(Kind::Ppp);
    } else {
        return walk.next(Kind::EtherType, protocol);
    }
    if (!walk.rest.take(mirror_header)) {
        return walk.finish(Decoded::Cut);
    }
    walk.next(Kind::Ethernet);
}

}  // namespace tcpdx::capture::layers
