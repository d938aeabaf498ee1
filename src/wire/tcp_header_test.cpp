#include "wire/tcp_header.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <initializer_list>
#include <vector>

namespace tcpdx::wire {
namespace {

std::vector<std::byte> bytes_of(std::initializer_list<int> values) {
    std::vector<std::byte> bytes;
    for (const int value : values) {
        bytes.push_back(static_cast<std::byte>(value));
    }
    return bytes;
}

// A SYN from port 40000 to port 443, with no options and no payload.
std::vector<std::byte> plain_syn() {
    return bytes_of({0x9c, 0x40, 0x01, 0xbb,  //
                     0x00, 0x00, 0x00, 0x64,  //
                     0x00, 0x00, 0x00, 0x00,  //
                     0x50, 0x02, 0xfa, 0xf0,  //
                     0x00, 0x00, 0x00, 0x00});
}

// The same SYN carrying these option bytes, padded to a multiple of four.
std::vector<std::byte> syn_with_options(std::initializer_list<int> options) {
    std::vector<std::byte> segment = plain_syn();
    for (const std::byte byte : bytes_of(options)) {
        segment.push_back(byte);
    }
    segment.resize((segment.size() + 3) / 4 * 4);
    segment[12] = static_cast<std::byte>(segment.size() / 4 * 16);
    return segment;
}

TEST(ParseTcp, ReadsTheFixedFields) {
    const auto bytes = plain_syn();
    const auto segment = parse_tcp(bytes);

    ASSERT_TRUE(segment);
    EXPECT_EQ(segment->source_port, 40000);
    EXPECT_EQ(segment->destination_port, 443);
    EXPECT_EQ(segment->sequence, 100U);
    EXPECT_EQ(segment->window, 64240);
    EXPECT_EQ(segment->flags, TcpFlags{.syn = true});
    EXPECT_TRUE(segment->payload.empty());
}

TEST(ParseTcp, RejectsEveryTruncationOfAHeader) {
    const auto whole = syn_with_options({2, 4, 0x05, 0xb4, 4, 2, 3, 3, 7});
    for (std::size_t size = 0; size < whole.size(); ++size) {
        const auto segment = parse_tcp(std::span(whole).first(size));
        ASSERT_FALSE(segment) << "accepted a header cut to " << size << " bytes";
        EXPECT_EQ(segment.error(), ParseError::Truncated);
    }
    EXPECT_TRUE(parse_tcp(whole));
}

TEST(ParseTcp, RejectsADataOffsetInsideTheFixedHeader) {
    auto bytes = plain_syn();
    bytes[12] = std::byte{0x40};  // four words: 16 bytes
    EXPECT_EQ(parse_tcp(bytes).error(), ParseError::BadDataOffset);
}

TEST(ParseTcp, ReadsTheHandshakeOptions) {
    const auto bytes = syn_with_options({2, 4, 0x05, 0xb4, 4, 2, 1, 3, 3, 7});
    const auto options = parse_tcp(bytes)->options;

    EXPECT_EQ(options.max_segment_size, 1460);
    EXPECT_EQ(options.window_shift, 7);
    EXPECT_TRUE(options.sack_permitted);
    EXPECT_FALSE(options.malformed);
}

TEST(ParseTcp, CapsTheWindowShiftAsRfc7323Requires) {
    EXPECT_EQ(parse_tcp(syn_with_options({3, 3, 15}))->options.window_shift, 14);
}

TEST(ParseTcp, KeepsTheOptionsBeforeAMalformedOne) {
    for (const int bad_length : {0, 1, 3, 200}) {
        const auto bytes = syn_with_options({4, 2, 2, bad_length, 0x05, 0xb4});
        const auto options = parse_tcp(bytes)->options;
        EXPECT_TRUE(options.sack_permitted);
        EXPECT_TRUE(options.malformed) << "length byte " << bad_length;
        EXPECT_EQ(options.max_segment_size, std::nullopt);
    }
}

TEST(ParseTcp, ReadsTimestampsAndSackBlocks) {
    const auto bytes = syn_with_options({8, 10, 0, 0, 0, 7, 0, 0, 0, 9,  //
                                         5, 10, 0, 0, 1, 0, 0, 0, 2, 0});
    const auto options = parse_tcp(bytes)->options;
    EXPECT_EQ(options.timestamps, (TcpTimestamps{.value = 7, .echo_reply = 9}));
    ASSERT_EQ(options.sack_blocks, 1);
    EXPECT_EQ(options.sack[0], (SackBlock{.left = 256, .right = 512}));
}

TEST(ParseTcp, TakesASackOptionOfHalfABlockForMalformed) {
    EXPECT_TRUE(parse_tcp(syn_with_options({5, 6, 0, 0, 1, 0}))->options.malformed);
}

// Proves: MUST-68
TEST(WriteTcp, IsReadBackAsTheSameSegment) {
    const auto payload = bytes_of({'h', 'i'});
    TcpSegment sent{.source_port = 40000,
                    .destination_port = 443,
                    .sequence = 0xfffffff0,
                    .acknowledgment = 17,
                    .window = 1000,
                    .urgent_pointer = 1,
                    .flags = {.syn = true, .ack = true, .urg = true, .cwr = true},
                    .options = {.max_segment_size = 1460,
                                .window_shift = 7,
                                .timestamps = TcpTimestamps{1, 2},
                                .sack_permitted = true},
                    .payload = payload};
    std::array<std::byte, 100> out{};
    const std::size_t size = write_tcp(sent, out);
    const auto read = parse_tcp(std::span(out).first(size));
    ASSERT_TRUE(read);
    EXPECT_EQ(read->source_port, sent.source_port);
    EXPECT_EQ(read->destination_port, sent.destination_port);
    EXPECT_EQ(read->sequence, sent.sequence);
    EXPECT_EQ(read->acknowledgment, sent.acknowledgment);
    EXPECT_EQ(read->window, sent.window);
    EXPECT_EQ(read->urgent_pointer, sent.urgent_pointer);
    EXPECT_EQ(read->flags, sent.flags);
    EXPECT_EQ(read->options, sent.options);
    EXPECT_TRUE(
        std::equal(payload.begin(), payload.end(), read->payload.begin(), read->payload.end()));
}

TEST(WriteTcp, LeavesOutTheSackBlocksThatDoNotFitBesideTimestamps) {
    TcpSegment sent{.flags = {.ack = true},
                    .options = {.timestamps = TcpTimestamps{1, 2}, .sack_blocks = 4}};
    sent.options.sack[3] = {.left = 9, .right = 10};
    std::array<std::byte, 60> out{};
    const auto read = parse_tcp(std::span(out).first(write_tcp(sent, out)));
    ASSERT_TRUE(read);
    EXPECT_EQ(read->options.sack_blocks, 3);
}

std::vector<int> option_bytes(const TcpOptions& options, OptionLayout layout) {
    std::array<std::byte, 60> out{};
    const std::size_t size = write_tcp(TcpSegment{.options = options}, out, layout);
    std::vector<int> bytes;
    for (const std::byte byte : std::span(out).first(size).subspan(20)) {
        bytes.push_back(std::to_integer<int>(byte));
    }
    return bytes;
}

TEST(WriteTcp, LaysOutHandshakeOptionsAsBsdAndLinuxDo) {
    const TcpOptions options{.max_segment_size = 1460,
                             .window_shift = 7,
                             .timestamps = TcpTimestamps{1, 2},
                             .sack_permitted = true};
    EXPECT_EQ(option_bytes(options, OptionLayout::Bsd),
              (std::vector<int>{2, 4, 5, 180, 1, 3, 3, 7, 4, 2, 8, 10, 0, 0, 0, 1, 0, 0, 0, 2}));
    EXPECT_EQ(option_bytes(options, OptionLayout::Linux),
              (std::vector<int>{2, 4, 5, 180, 4, 2, 8, 10, 0, 0, 0, 1, 0, 0, 0, 2, 1, 3, 3, 7}));
}

// Proves: MUST-69
TEST(WriteTcp, PadsWithZerosAfterTheEndOfTheList) {
    const TcpOptions options{.max_segment_size = 1460, .sack_permitted = true};
    EXPECT_EQ(option_bytes(options, OptionLayout::Bsd),
              (std::vector<int>{2, 4, 5, 180, 4, 2, 0, 0}));
    EXPECT_EQ(option_bytes(options, OptionLayout::Linux),
              (std::vector<int>{2, 4, 5, 180, 1, 1, 4, 2}));
}

TEST(WriteTcp, AlignsTheNumbersOfTimestampsAndSack) {
    const TcpOptions options{
        .timestamps = TcpTimestamps{1, 2}, .sack = {SackBlock{3, 4}}, .sack_blocks = 1};
    EXPECT_EQ(option_bytes(options, OptionLayout::Bsd),
              (std::vector<int>{1, 1, 8, 10, 0, 0, 0, 1, 0, 0, 0, 2,  //
                                1, 1, 5, 10, 0, 0, 0, 3, 0, 0, 0, 4}));
}

TEST(WriteTcp, WritesNothingWhereThereIsNoRoom) {
    std::array<std::byte, 19> out{};
    EXPECT_EQ(write_tcp(TcpSegment{}, out), 0U);
}

}  // namespace
}  // namespace tcpdx::wire
