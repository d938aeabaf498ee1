#include "sources/capture/packet_reader.h"

#include <gtest/gtest.h>

#include "sources/capture/packets_for_tests.h"

namespace tcpdx::capture {
namespace {

using namespace testing;

Bytes pcap_header(std::uint32_t magic = 0xa1b2c3d4, std::uint32_t link_type = 101) {
    return le32(magic) + le16(2) + le16(4) + zeros(8) + le32(65535) + le32(link_type);
}
Bytes pcap_record(std::uint32_t seconds, std::uint32_t fraction, const Bytes& packet) {
    const auto size = static_cast<std::uint32_t>(packet.size());
    return le32(seconds) + le32(fraction) + le32(size) + le32(size) + packet;
}
Bytes three_packets() {
    return pcap_header() + pcap_record(1'000'000, 1, bytes({1, 2, 3})) +
           pcap_record(1'000'001, 2, bytes({4, 5})) + pcap_record(1'000'002, 3, bytes({6}));
}

Bytes block(std::uint32_t type, Bytes body) {
    body.resize((body.size() + 3) & ~std::size_t{3});
    const Bytes length = le32(static_cast<std::uint32_t>(body.size() + 12));
    return le32(type) + length + body + length;
}
Bytes section() {
    return block(0x0a0d0d0a,
                 le32(0x1a2b3c4d) + le16(1) + le16(0) + le32(0xffffffff) + le32(0xffffffff));
}
Bytes interface(std::uint32_t link_type, const Bytes& options = {}) {
    return block(1, le16(link_type) + le16(0) + le32(0) + options);
}
Bytes enhanced(std::uint32_t interface, std::uint64_t ticks, const Bytes& packet,
               const Bytes& options = {}) {
    const auto size = static_cast<std::uint32_t>(packet.size());
    Bytes padded = packet;
    padded.resize((packet.size() + 3) & ~std::size_t{3});
    return block(6, le32(interface) + le32(static_cast<std::uint32_t>(ticks >> 32U)) +
                        le32(static_cast<std::uint32_t>(ticks)) + le32(size) + le32(size) + padded +
                        options);
}

struct Read {
    std::vector<PacketRecord> packets;
    ReadCounts counts;
};
Read read_all(const Bytes& file) {
    Read read;
    auto reader = PacketReader::open(InputWindow::of(file));
    if (!reader) {
        ADD_FAILURE() << "not taken for a capture";
        return read;
    }
    PacketRecord packet;
    while (reader->next(packet)) {
        read.packets.push_back(packet);
    }
    read.counts = reader->counts();
    return read;
}

TEST(PacketReader, ReadsTimesLinkTypeAndBytesOfPcap) {
    const Bytes file = three_packets();
    const Read read = read_all(file);
    ASSERT_EQ(read.packets.size(), 3U);
    EXPECT_EQ(read.packets[0].time_ns, 1'000'000'000'001'000);
    EXPECT_EQ(read.packets[0].link_type, 101U);
    EXPECT_EQ(read.packets[1].bytes.size(), 2U);
    EXPECT_EQ(read.packets[2].bytes[0], std::byte{6});
    EXPECT_FALSE(read.counts.cut);
}

TEST(PacketReader, ReadsNanosecondsAndTheOtherByteOrder) {
    const Bytes file = be32(0xa1b23c4d) + be16(2) + be16(4) + zeros(8) + be32(65535) + be32(1) +
                       be32(7) + be32(123'456'789) + be32(1) + be32(60) + bytes({9});
    const Read read = read_all(file);
    ASSERT_EQ(read.packets.size(), 1U);
    EXPECT_EQ(read.packets[0].time_ns, 7'123'456'789);
    EXPECT_EQ(read.packets[0].link_type, 1U);
    EXPECT_EQ(read.packets[0].wire_bytes, 60U);
}

TEST(PacketReader, SkipsTheLongerRecordHeadersOfTheModifiedFormat) {
    const Bytes file =
        pcap_header(0xa1b2cd34) + le32(5) + le32(0) + le32(2) + le32(2) + zeros(8) + bytes({1, 2});
    EXPECT_EQ(read_all(file).packets.at(0).bytes.size(), 2U);
}

TEST(PacketReader, TakesTheFcsBitsOffTheLinkType) {
    const Bytes file = pcap_header(0xa1b2c3d4, 0x50000001) + pcap_record(1, 0, bytes({1}));
    EXPECT_EQ(read_all(file).packets.at(0).link_type, 1U);
}

TEST(PacketReader, UsesAFileUpToEveryCut) {
    const Bytes whole = three_packets();
    for (std::size_t size = 24; size < whole.size(); ++size) {
        const Bytes cut(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
        const Read read = read_all(cut);
        const bool at_record = size == 24 || size == 43 || size == 61;
        EXPECT_EQ(read.counts.cut, !at_record) << size;
        EXPECT_GE(read.packets.size(), size >= 61 ? 2U : size >= 43 ? 1U : 0U) << size;
    }
}

TEST(PacketReader, SaysWhatIsNoCapture) {
    const Bytes text = bytes({'h', 'e', 'l', 'l', 'o'});
    EXPECT_EQ(PacketReader::open(InputWindow::of(text)).error().code, ErrorCode::Malformed);
    for (std::size_t size = 0; size < 24; ++size) {
        const Bytes head = pcap_header();
        const Bytes cut(head.begin(), head.begin() + static_cast<std::ptrdiff_t>(size));
        EXPECT_EQ(PacketReader::open(InputWindow::of(cut)).error().code, ErrorCode::Truncated);
    }
}

TEST(PacketReader, GoesOnBehindARecordWithANonsenseLength) {
    const Bytes damaged = le32(1'000'000) + le32(5) + le32(0x7fffffff) + le32(3) + bytes({1, 2, 3});
    const Bytes file = pcap_header() + pcap_record(1'000'000, 1, bytes({1})) + damaged +
                       pcap_record(1'000'001, 2, bytes({4, 5})) +
                       pcap_record(1'000'002, 3, bytes({6}));
    const Read read = read_all(file);
    EXPECT_EQ(read.packets.size(), 3U);
    EXPECT_EQ(read.counts.damaged_places, 1U);
    EXPECT_EQ(read.counts.damaged_bytes, damaged.size());
}

TEST(PacketReader, EndsAtGarbage) {
    const Bytes file = three_packets() + Bytes(100, std::byte{0xff});
    const Read read = read_all(file);
    EXPECT_EQ(read.packets.size(), 3U);
    EXPECT_EQ(read.counts.damaged_places, 1U);
}

TEST(PacketReader, ReadsInterfacesOfDifferentLinkTypesAndTimes) {
    const Bytes nanoseconds = le16(9) + le16(1) + bytes({9, 0, 0, 0}) + le32(0);
    const Bytes powers_of_two = le16(9) + le16(1) + bytes({0x86, 0, 0, 0}) + le32(0);
    const Bytes file = section() + interface(1, nanoseconds) + interface(101, powers_of_two) +
                       enhanced(0, 5'000'000'001, bytes({1})) + enhanced(1, 96, bytes({2, 3}));
    const Read read = read_all(file);
    ASSERT_EQ(read.packets.size(), 2U);
    EXPECT_EQ(read.packets[0].time_ns, 5'000'000'001);
    EXPECT_EQ(read.packets[0].link_type, 1U);
    EXPECT_EQ(read.packets[1].time_ns, 1'500'000'000);
    EXPECT_EQ(read.packets[1].link_type, 101U);
}

TEST(PacketReader, CountsInterfacesAnewInEachSection) {
    const Bytes file = section() + interface(1) + enhanced(0, 1, bytes({1})) + section() +
                       interface(276) + enhanced(0, 2, bytes({2}));
    const Read read = read_all(file);
    ASSERT_EQ(read.packets.size(), 2U);
    EXPECT_EQ(read.packets[1].link_type, 276U);
    EXPECT_NE(read.packets[0].interface, read.packets[1].interface);
}

TEST(PacketReader, TellsTheDirectionThatAPacketsFlagsSay) {
    const Bytes outbound = le16(2) + le16(4) + le32(2) + le32(0);
    const Bytes file = section() + interface(1) + enhanced(0, 1, bytes({1}), outbound);
    EXPECT_EQ(read_all(file).packets.at(0).passage, Passage::Out);
}

TEST(PacketReader, SkipsBlocksThatItDoesNotKnow) {
    const Bytes file = section() + block(0x0bad, zeros(16)) + interface(1) + block(4, zeros(8)) +
                       enhanced(0, 1, bytes({1}));
    const Read read = read_all(file);
    EXPECT_EQ(read.packets.size(), 1U);
    EXPECT_EQ(read.counts.skipped_blocks, 2U);
}

TEST(PacketReader, CountsPacketsOfInterfacesThatNoBlockDeclares) {
    const Bytes file = section() + enhanced(0, 1, bytes({1})) + interface(1) +
                       enhanced(3, 1, bytes({1})) + enhanced(0, 1, bytes({1}));
    const Read read = read_all(file);
    EXPECT_EQ(read.packets.size(), 1U);
    EXPECT_EQ(read.counts.undeclared_interface, 2U);
}

TEST(PacketReader, ReadsSimplePacketsWithoutATime) {
    const Bytes file = section() + interface(101) + block(3, le32(3) + bytes({1, 2, 3}));
    const Read read = read_all(file);
    ASSERT_EQ(read.packets.size(), 1U);
    EXPECT_EQ(read.packets[0].bytes.size(), 3U);
    EXPECT_FALSE(read.packets[0].has_time);
}

TEST(PacketReader, ReadsABlockWhoseLengthsDiffer) {
    Bytes odd = enhanced(0, 1, bytes({1}));
    odd[odd.size() - 4] = std::byte{0};
    const Bytes file = section() + interface(1) + odd + enhanced(0, 2, bytes({2}));
    const Read read = read_all(file);
    EXPECT_EQ(read.packets.size(), 2U);
    EXPECT_EQ(read.counts.uneven_blocks, 1U);
}

TEST(PacketReader, UsesAPcapngFileUpToEveryCut) {
    const Bytes whole = section() + interface(1) + enhanced(0, 1, bytes({1, 2, 3, 4, 5})) +
                        enhanced(0, 2, bytes({6}));
    std::size_t before = 0;
    for (std::size_t size = 12; size <= whole.size(); ++size) {
        const Bytes cut(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
        const std::size_t now = read_all(cut).packets.size();
        EXPECT_GE(now, before) << size;
        before = now;
    }
    EXPECT_EQ(before, 2U);
}

TEST(PacketReader, EndsAtABlockWithoutALength) {
    const Bytes file = section() + interface(1) + le32(6) + le32(0) + zeros(40);
    const Read read = read_all(file);
    EXPECT_TRUE(read.packets.empty());
    EXPECT_EQ(read.counts.damaged_places, 1U);
}

}  // namespace
}  // namespace tcpdx::capture
