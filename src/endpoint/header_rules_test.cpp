// What RFC 9293 asks of every segment that leaves and of every option that arrives (3.1, 3.2).

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "endpoint/scripted_peer.h"
#include "endpoint/stack.h"
#include "wire/checksum.h"

namespace tcpdx::endpoint {
namespace {

const SocketAddress kHere{.address = IpAddress::v4(0xc0000201), .port = 8080};
const SocketAddress kThere{.address = IpAddress::v4(0xc6336402), .port = 40000};
const Time kNow{std::chrono::seconds(100)};

std::vector<std::byte> datagram(const wire::TcpSegment& segment,
                                std::span<const std::byte> options = {}) {
    std::vector<std::byte> bytes(200);
    std::size_t size = wire::write_tcp(segment, std::span(bytes).subspan(20));
    if (!options.empty()) {
        std::copy(options.begin(), options.end(), bytes.begin() + 40);
        size = 20 + options.size();
        bytes[32] = static_cast<std::byte>(size / 4 << 4);
    }
    bytes.resize(20 + size);
    const auto tcp = std::span(bytes).subspan(20);
    const std::uint16_t sum = wire::tcp_checksum(kThere.address, kHere.address, tcp);
    tcp[16] = static_cast<std::byte>(sum >> 8);
    tcp[17] = static_cast<std::byte>(sum);
    wire::write_ip_header({.source = kThere.address, .destination = kHere.address}, size, bytes);
    return bytes;
}

wire::TcpSegment syn() {
    return {.source_port = 40000,
            .destination_port = 8080,
            .sequence = 1000,
            .window = 1000,
            .flags = {.syn = true}};
}

struct Answer {
    wire::IpHeader ip;
    wire::TcpSegment tcp;
    std::vector<std::byte> bytes;
};

std::optional<Answer> answer_of(TcpStack& stack) {
    std::vector<std::byte> out(2000);
    const std::size_t size = stack.poll_output(kNow, out);
    if (size == 0) {
        return std::nullopt;
    }
    out.resize(size);
    const auto parsed = wire::parse_ip_datagram(out);
    auto segment = wire::parse_tcp(parsed->payload);
    EXPECT_EQ(
        wire::tcp_checksum(parsed->header.source, parsed->header.destination, parsed->payload), 0);
    segment->payload = {};
    return Answer{.ip = parsed->header, .tcp = *segment, .bytes = out};
}

class HeaderRules : public testing::Test {
protected:
    HeaderRules() { EXPECT_TRUE(stack_.listen(kHere, 5)); }
    TcpStack stack_{rfc_settings()};
};

// Proves: MUST-2
TEST_F(HeaderRules, EverySegmentCarriesARightChecksum) {
    stack_.receive(datagram(syn()), kNow);
    EXPECT_TRUE(answer_of(stack_));  // which verifies it
}

// Proves: MUST-3
TEST_F(HeaderRules, ASegmentWithAnyBitFlippedIsIgnored) {
    const auto whole = datagram(syn());
    for (std::size_t bit = 20 * 8; bit < whole.size() * 8; ++bit) {
        auto flipped = whole;
        flipped[bit / 8] ^= static_cast<std::byte>(1U << (bit % 8));
        stack_.receive(flipped, kNow);
        EXPECT_FALSE(answer_of(stack_)) << "bit " << bit;
    }
    EXPECT_EQ(stack_.connections(), 0U);
    EXPECT_GT(stack_.counters().bad_checksums, 100U);
}

// Proves: MUST-4, MUST-64
TEST_F(HeaderRules, OptionsAreReadWhereverTheyStandAndUpToTheirEnd) {
    const std::array<std::byte, 12> options{
        std::byte{1},    std::byte{1}, std::byte{1}, std::byte{2}, std::byte{4}, std::byte{0x03},
        std::byte{0xe8}, std::byte{0}, std::byte{4}, std::byte{2}, std::byte{2}, std::byte{200}};
    stack_.receive(datagram(syn(), options), kNow);
    const auto answer = answer_of(stack_);
    ASSERT_TRUE(answer);
    EXPECT_FALSE(answer->tcp.options.sack_permitted);  // it stood behind the end
}

// Proves: MUST-6
TEST_F(HeaderRules, AnUnknownOptionChangesNothing) {
    std::array<std::byte, 12> options{};
    options.fill(std::byte{0x55});
    options[0] = std::byte{158};
    options[1] = std::byte{12};
    stack_.receive(datagram(syn(), options), kNow);
    const auto with = answer_of(stack_);
    TcpStack other(rfc_settings());
    ASSERT_TRUE(other.listen(kHere, 5));
    other.receive(datagram(syn()), kNow);
    EXPECT_EQ(with->bytes, answer_of(other)->bytes);
}

// Proves: MUST-7
TEST_F(HeaderRules, AnOptionWithAnImpossibleLengthEndsTheListAndNothingElse) {
    for (const int length : {0, 1, 3, 40, 255}) {
        TcpStack stack(rfc_settings());
        ASSERT_TRUE(stack.listen(kHere, 5));
        const std::array<std::byte, 4> options{std::byte{2}, static_cast<std::byte>(length),
                                               std::byte{5}, std::byte{0xb4}};
        stack.receive(datagram(syn(), options), kNow);
        const auto answer = answer_of(stack);
        ASSERT_TRUE(answer) << length;
        EXPECT_TRUE(answer->tcp.flags.syn);
    }
}

// Proves: rsvd
TEST_F(HeaderRules, ReservedBitsAreIgnoredAndNeverSent) {
    auto bytes = datagram(syn());
    bytes[32] |= std::byte{0x0f};
    bytes[36] = bytes[37] = std::byte{0};
    const auto tcp = std::span(bytes).subspan(20);
    const std::uint16_t sum = wire::tcp_checksum(kThere.address, kHere.address, tcp);
    bytes[36] = static_cast<std::byte>(sum >> 8);
    bytes[37] = static_cast<std::byte>(sum);
    stack_.receive(bytes, kNow);
    const auto answer = answer_of(stack_);
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->bytes[32] & std::byte{0x0f}, std::byte{0});
}

// Proves: MUST-48, MUST-49, SHLD-21, SHLD-22
TEST_F(HeaderRules, TheProgramChoosesHopLimitAndTrafficClass) {
    ASSERT_TRUE(
        stack_.listen({.address = kHere.address, .port = 81}, 5,
                      {.hop_limit = std::uint8_t{37}, .traffic_class = std::uint8_t{0xb8}}));
    wire::TcpSegment segment = syn();
    segment.destination_port = 81;
    stack_.receive(datagram(segment), kNow);
    const auto answer = answer_of(stack_);
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->ip.hop_limit, 37);
    EXPECT_EQ(answer->ip.traffic_class, 0xb8);
    EXPECT_EQ(stack_.connections(), 1U);
}

// Proves: MUST-5
TEST(Options, ComeInAnySegment) {
    ScriptedPeer peer;
    peer.establish();
    peer.says({.sequence = 1,
               .acknowledgment = 1,
               .payload = 10,
               .options = {.max_segment_size = 100, .window_shift = 3}});
    EXPECT_EQ(peer.reads(100), 10U);
    EXPECT_EQ(peer.connection().sender().segment_size(), 536U);  // a late MSS means nothing
}

// Proves: MUST-1
TEST(Options, AWindowAboveHalfItsFieldIsNotNegative) {
    for (const std::uint16_t window : {std::uint16_t{0x8000}, std::uint16_t{0xffff}}) {
        Settings settings = rfc_settings();
        settings.initial_window_segments = 200;
        ScriptedPeer peer(settings);
        peer.establish({.max_segment_size = 1460}, window);
        peer.writes(65535);
        std::size_t sent = 0;
        for (const SentSegment& segment : peer.hears_all()) {
            sent += segment.payload.size();
        }
        EXPECT_GT(sent, window - 1460U);
        EXPECT_LE(sent, window);
    }
}

// Proves: REC-1, 7323-WS1
TEST(Options, AScaledWindowIsKeptWhole) {
    ScriptedPeer peer;
    peer.establish({.window_shift = 14});
    EXPECT_EQ(peer.connection().sender().window(), 0xffffU << 14);
}

}  // namespace
}  // namespace tcpdx::endpoint
