#include "sources/capture/decode.h"

#include <gtest/gtest.h>

#include "sources/capture/packets_for_tests.h"

namespace tcpdx::capture {
namespace {

using namespace testing;

Bytes datagram() {
    return ip4(tcp({.flags = kSyn, .options = bytes({2, 4, 5, 180, 1, 3, 3, 7})}));
}

Segment decoded(const Bytes& packet, std::uint32_t link_type) {
    Packet found;
    EXPECT_EQ(decode(record_of(packet, link_type), found), Decoded::Tcp);
    return found.segment;
}
Decoded answer(const Bytes& packet, std::uint32_t link_type) {
    Packet found;
    return decode(record_of(packet, link_type), found);
}

struct Wrapping {
    const char* name;
    std::uint32_t link_type;
    Bytes packet;
};

std::vector<Wrapping> wrappings() {
    const Bytes ip = datagram();
    const Bytes frame = ethernet(ip);
    const Bytes snap = bytes({0xaa, 0xaa, 3, 0, 0, 0, 8, 0});
    const Bytes data_frame = bytes({0x08, 0x01}) + zeros(22);
    const Bytes quality_frame = bytes({0x88, 0x02}) + zeros(24);
    return {
        {"Ethernet", 1, frame},
        {"Ethernet with padding", 1, frame + zeros(6)},
        {"802.1Q", 1, ethernet(be16(5) + be16(0x0800) + ip, 0x8100)},
        {"QinQ", 1, ethernet(be16(5) + be16(0x8100) + be16(6) + be16(0x0800) + ip, 0x88a8)},
        {"three VLAN tags", 1,
         ethernet(be16(5) + be16(0x88a8) + be16(6) + be16(0x8100) + be16(7) + be16(0x0800) + ip,
                  0x9100)},
        {"802.3 with SNAP", 1, ethernet(snap + ip, 100)},
        {"raw", 101, ip},
        {"raw of BSD", 12, ip},
        {"raw of OpenBSD", 14, ip},
        {"raw IPv4", 228, ip},
        {"null", 0, le32(2) + ip},
        {"null of the other order", 0, be32(2) + ip},
        {"loop", 108, be32(2) + ip},
        {"cooked", 113, zeros(14) + be16(0x0800) + ip},
        {"cooked with VLAN", 113, zeros(14) + be16(0x8100) + be16(5) + be16(0x0800) + ip},
        {"cooked 2", 276, be16(0x0800) + zeros(18) + ip},
        {"PPP", 9, bytes({0xff, 3, 0, 0x21}) + ip},
        {"PPP, compressed", 9, bytes({0x21}) + ip},
        {"PPPoE", 1, ethernet(bytes({0x11, 0}) + zeros(4) + be16(0x0021) + ip, 0x8864)},
        {"Cisco HDLC", 104, bytes({0x0f, 0, 8, 0}) + ip},
        {"FDDI", 10, zeros(13) + snap + ip},
        {"802.11", 105, data_frame + snap + ip},
        {"802.11 with quality of service", 105, quality_frame + snap + ip},
        {"radiotap", 127, bytes({0, 0, 12, 0}) + zeros(8) + data_frame + snap + ip},
        {"radiotap with a padded header", 127,
         bytes({0, 0, 17, 0, 3, 0, 0, 0}) + zeros(8) + bytes({0x20}) + quality_frame + zeros(2) +
             snap + ip},
        {"radiotap with a second word, not padded", 127,
         bytes({0, 0, 13, 0, 2, 0, 0, 0x80, 0, 0, 0, 0, 0x10}) + quality_frame + snap + ip},
        {"802.11 with several frames in one", 105,
         bytes({0x88, 0x02}) + zeros(22) + bytes({0x80, 0}) + zeros(12) +
             be16(static_cast<std::uint32_t>(snap.size() + ip.size())) + snap + ip},
        {"802.11 with AVS header", 163,
         be32(0x80211001) + be32(64) + zeros(56) + data_frame + snap + ip},
        {"Frame Relay", 107, bytes({0x18, 0x41, 3, 0xcc}) + ip},
        {"Cisco HDLC with direction", 205, bytes({1, 0x0f, 0, 8, 0}) + ip},
        {"Apple pktap", 258, le32(108) + le32(1) + le32(1) + zeros(96) + frame},
        {"MACsec, not encrypted", 1,
         ethernet(bytes({0x20, 0}) + zeros(12) + be16(0x0800) + ip + zeros(16), 0x88e5)},
        {"VN-Tag", 1, ethernet(zeros(4) + be16(0x0800) + ip, 0x8926)},
        {"HSR", 1, ethernet(zeros(4) + be16(0x0800) + ip, 0x892f)},
        {"service chain", 1, ethernet(bytes({0, 6, 1, 3}) + zeros(20) + frame, 0x894f)},
        {"L2TP", 101,
         ip4(udp(be16(0x4002) + be16(8) + zeros(4) + bytes({0xff, 3, 0, 0x21}) + ip, 1701),
             {.protocol = 17})},
        {"L2TP with sequence and offset", 101,
         ip4(udp(be16(0x0a02) + zeros(8) + be16(3) + zeros(3) + bytes({0, 0x21}) + ip, 1701),
             {.protocol = 17})},
        {"L2TP version 3", 101, ip4(be32(7) + zeros(8) + frame, {.protocol = 115})},
        {"L2TP version 3 in UDP", 101,
         ip4(udp(be16(3) + be16(0) + be32(7) + zeros(4) + frame, 1701), {.protocol = 17})},
        {"GRE in UDP", 101, ip4(udp(be16(0) + be16(0x0800) + ip, 4754), {.protocol = 17})},
        {"NFLOG", 239,
         bytes({2, 0, 0, 0}) + le16(8) + le16(1) + zeros(4) +
             le16(static_cast<std::uint32_t>(4 + ip.size())) + le16(9) + ip},
        {"MPLS", 1, ethernet(be32(0x00010040) + be32(0x00020140) + ip, 0x8847)},
        {"MPLS pseudo-wire", 1, ethernet(be32(0x00020140) + zeros(4) + frame, 0x8847)},
        {"FabricPath", 1, ethernet(zeros(2) + frame, 0x8903)},
        {"IP in IP", 101, ip4(ip, {.protocol = 4})},
        {"6in4", 101, ip4(ip6(tcp({})), {.protocol = 41})},
        {"GRE", 101, ip4(be16(0) + be16(0x0800) + ip, {.protocol = 47})},
        {"GRE with key, sequence and checksum", 101,
         ip4(be16(0xb000) + be16(0x0800) + zeros(12) + ip, {.protocol = 47})},
        {"NVGRE", 101, ip4(be16(0x2000) + be16(0x6558) + be32(7) + frame, {.protocol = 47})},
        {"ERSPAN II", 101,
         ip4(be16(0x1000) + be16(0x88be) + zeros(4) + zeros(8) + frame, {.protocol = 47})},
        {"PPTP", 101,
         ip4(be16(0x3081) + be16(0x880b) + zeros(12) + bytes({0xff, 3, 0, 0x21}) + ip,
             {.protocol = 47})},
        {"VXLAN", 101,
         ip4(udp(bytes({8, 0, 0, 0}) + be32(7U << 8U) + frame, 4789), {.protocol = 17})},
        {"Geneve with an option", 101,
         ip4(udp(bytes({1, 0}) + be16(0x6558) + be32(7U << 8U) + zeros(4) + frame, 6081),
             {.protocol = 17})},
        {"GTP-U with extension", 101,
         ip4(udp(bytes({0x34, 0xff, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0x85, 1, 0, 0, 0}) + ip, 2152),
             {.protocol = 17})},
        {"IPv4 options", 101, ip4(tcp({}), {.options = zeros(8)})},
        {"IPv6", 101, ip6(tcp({}))},
        {"IPv6 extensions", 101,
         ip6(bytes({43, 0}) + zeros(6) + bytes({60, 1}) + zeros(14) + bytes({6, 0}) + zeros(6) +
                 tcp({}),
             0)},
        {"atomic fragment", 101, ip6(bytes({6, 0, 0, 0}) + zeros(4) + tcp({}), 44)},
        {"AH", 101, ip4(bytes({6, 4}) + zeros(22) + tcp({}), {.protocol = 51})},
    };
}

TEST(Decode, FindsTheSegmentInEveryWrapping) {
    for (const Wrapping& wrapping : wrappings()) {
        SCOPED_TRACE(wrapping.name);
        const Segment segment = decoded(wrapping.packet, wrapping.link_type);
        EXPECT_EQ(segment.source.port, 40000);
        EXPECT_EQ(segment.destination.port, 80);
        EXPECT_EQ(segment.sequence, 1000U);
        EXPECT_EQ(segment.flags, kSyn);
        EXPECT_EQ(segment.payload_bytes, 0U);
        EXPECT_FALSE(segment.bad_header);
    }
}

TEST(Decode, NamesWhatIsEncrypted) {
    const Bytes protected_frame = bytes({0x88, 0x42}) + zeros(60);
    EXPECT_EQ(answer(protected_frame, 105), Decoded::Encrypted);
    EXPECT_EQ(answer(ethernet(bytes({0x2c, 0}) + zeros(60), 0x88e5), 1), Decoded::Encrypted);
    EXPECT_EQ(answer(ip4(zeros(60), {.protocol = 50}), 101), Decoded::Encrypted);
}

TEST(Decode, ReadsTheFirstPieceOfATunnelledPacketThatIpCutUp) {
    // The outer packet is a fragment; what is inside says its own length.
    const Bytes inside = ethernet(ip4(tcp({.payload = 1000})));
    const Bytes tunnel = udp(bytes({8, 0, 0, 0}) + be32(7U << 8U) + inside, 4789);
    Bytes first = ip4(Bytes(tunnel.begin(), tunnel.begin() + 96), {.protocol = 17});
    first[6] = std::byte{0x20};
    const Segment segment = decoded(first, 101);
    EXPECT_EQ(segment.payload_bytes, 1000U);
    EXPECT_FALSE(segment.bad_header);
    Bytes second = ip4(Bytes(tunnel.begin() + 96, tunnel.end()), {.protocol = 17});
    second[7] = std::byte{12};
    EXPECT_EQ(answer(second, 101), Decoded::OtherIp);
}

TEST(Decode, TakesNoControlMessageForAPacket) {
    EXPECT_EQ(answer(ip4(udp(be16(0xc802) + zeros(10) + datagram(), 1701), {.protocol = 17}), 101),
              Decoded::OtherIp);
    EXPECT_EQ(answer(ip4(zeros(4) + ethernet(datagram()), {.protocol = 115}), 101),
              Decoded::OtherIp);
}

TEST(Decode, SurvivesEveryTruncationOfEveryWrapping) {
    for (const Wrapping& wrapping : wrappings()) {
        SCOPED_TRACE(wrapping.name);
        for (std::size_t size = 0; size < wrapping.packet.size(); ++size) {
            const Bytes cut(wrapping.packet.begin(),
                            wrapping.packet.begin() + static_cast<std::ptrdiff_t>(size));
            Packet found;
            PacketRecord record = record_of(cut, wrapping.link_type);
            record.wire_bytes = wrapping.packet.size();
            const Decoded how = decode(record, found);
            if (how == Decoded::Tcp) {
                EXPECT_EQ(found.segment.destination.port, 80);
            }
        }
    }
}

TEST(Decode, TellsVirtualNetworksApart) {
    const auto vxlan = [](std::uint32_t network) {
        return ip4(udp(bytes({8, 0, 0, 0}) + be32(network << 8U) + ethernet(datagram()), 4789),
                   {.protocol = 17});
    };
    EXPECT_NE(decoded(vxlan(1), 101).network, decoded(vxlan(2), 101).network);
    EXPECT_EQ(decoded(datagram(), 101).network, 0U);
}

TEST(Decode, ReadsTheOptionsOfASyn) {
    const Segment segment = decoded(datagram(), 101);
    EXPECT_EQ(segment.syn_options.max_segment_size, 1460);
    EXPECT_EQ(segment.syn_options.window_shift, 7);
}

TEST(Decode, UsesWhatTheSnapLengthLeft) {
    const Bytes whole = datagram();
    struct Row {
        std::size_t tcp_bytes;
        HeaderSeen seen;
    };
    for (const Row& row : {Row{4, HeaderSeen::Ports}, Row{8, HeaderSeen::Sequence},
                           Row{12, HeaderSeen::Acknowledgment}, Row{14, HeaderSeen::Flags},
                           Row{20, HeaderSeen::Fixed}, Row{28, HeaderSeen::Options}}) {
        const Bytes cut(whole.begin(),
                        whole.begin() + static_cast<std::ptrdiff_t>(20 + row.tcp_bytes));
        EXPECT_EQ(decoded(cut, 101).seen, row.seen) << row.tcp_bytes;
    }
}

TEST(Decode, CountsThePayloadThatWasSentAndNotWhatWasCaptured) {
    Bytes packet = ip4(tcp({.flags = kAck, .payload = 1000}));
    packet.resize(60);
    EXPECT_EQ(decoded(packet, 101).payload_bytes, 1000U);
}

TEST(Decode, TakesTheWireLengthWhereTheNetworkCardHasYetToCutThePacket) {
    Bytes packet = ip4(tcp({.flags = kAck, .payload = 3000}));
    packet[2] = packet[3] = std::byte{0};
    EXPECT_EQ(decoded(packet, 101).payload_bytes, 3000U);
}

TEST(Decode, NoticesADataOffsetThatCannotBe) {
    Bytes large = ip4(tcp({}));
    large[20 + 12] = std::byte{0xf0};
    EXPECT_TRUE(decoded(large, 101).bad_header);
    Bytes small = ip4(tcp({}));
    small[20 + 12] = std::byte{0x40};
    EXPECT_TRUE(decoded(small, 101).bad_header);
}

TEST(Decode, ReadsTheSegmentThatAnIcmpErrorQuotes) {
    const Bytes quoted = ip4(tcp({.sequence = 77}));
    const Bytes packet =
        ip4(bytes({3, 3, 0, 0, 0, 0, 0, 0}) + Bytes(quoted.begin(), quoted.begin() + 28),
            {.source = 0x0a0000fe, .protocol = 1});
    Packet found;
    ASSERT_EQ(decode(record_of(packet, 101), found), Decoded::Icmp);
    EXPECT_EQ(found.icmp.type, 3);
    EXPECT_EQ(found.icmp.code, 3);
    EXPECT_EQ(found.icmp.quoted.destination.port, 80);
    EXPECT_EQ(found.icmp.quoted.sequence, 77U);
}

TEST(Decode, NamesWhatItDoesNotRead) {
    EXPECT_EQ(answer(datagram(), 9999), Decoded::UnknownLinkType);
    EXPECT_STREQ(link_type_name(9999), "");
    EXPECT_STREQ(link_type_name(276), "Linux cooked v2");
    EXPECT_EQ(answer(ethernet(zeros(28), 0x0806), 1), Decoded::NotIp);
    EXPECT_EQ(answer(ip4(zeros(8), {.protocol = 17}), 101), Decoded::OtherIp);
    EXPECT_EQ(answer(ip4(bytes({8, 0, 0, 0}) + zeros(8), {.protocol = 1}), 101), Decoded::OtherIp);
}

TEST(Decode, DoesNotFollowTunnelsForEver) {
    Bytes packet = datagram();
    for (int i = 0; i < 100; ++i) {
        packet = ip4(packet, {.protocol = 4});
    }
    EXPECT_EQ(answer(packet, 101), Decoded::TooDeep);
}

}  // namespace
}  // namespace tcpdx::capture
