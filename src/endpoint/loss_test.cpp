// Loss: RFC 5681, 6582, 3042, 6675, 2018, 2883, 6298 and 3168 as a peer sees them.

#include <gtest/gtest.h>

#include <memory>

#include "endpoint/scripted_peer.h"

namespace tcpdx::endpoint {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr wire::TcpOptions kPlain{.max_segment_size = 1000};
constexpr wire::TcpOptions kSack{.max_segment_size = 1000, .sack_permitted = true};

wire::TcpOptions sack(std::initializer_list<wire::SackBlock> blocks) {
    wire::TcpOptions options;
    for (const wire::SackBlock& block : blocks) {
        options.sack[options.sack_blocks++] = block;
    }
    return options;
}

// With `segments` of 1000 bytes in flight, the first at 1, and nothing else to send.
std::unique_ptr<ScriptedPeer> in_flight(unsigned segments, const wire::TcpOptions& options,
                                        Settings settings = rfc_settings()) {
    settings.initial_window_segments = segments;
    settings.send_buffer = 200000;
    auto peer = std::make_unique<ScriptedPeer>(settings);
    peer->establish(options);
    peer->writes(std::size_t{segments} * 1000);
    EXPECT_EQ(peer->hears_all().size(), segments);
    return peer;
}

std::vector<std::uint32_t> sequences(const std::vector<SentSegment>& sent) {
    std::vector<std::uint32_t> all;
    for (const SentSegment& each : sent) {
        all.push_back(each.segment.sequence);
    }
    return all;
}

using Sequences = std::vector<std::uint32_t>;

// Proves: 5681-IW
TEST(Congestion, BeginsWithTwoToFourSegmentsBySize) {
    for (const auto& [size, segments] : {std::pair{500, 4U}, {1095, 4U}, {1460, 3U}, {2500, 2U}}) {
        Settings settings = rfc_settings();
        settings.mtu = 9000;
        ScriptedPeer peer(settings);
        peer.establish({.max_segment_size = static_cast<std::uint16_t>(size)});
        peer.writes(20000);
        EXPECT_EQ(peer.hears_all().size(), segments) << size;
    }
}

// Proves: 5681-IW, 6298-1
TEST(Congestion, BeginsWithOneSegmentAndThreeSecondsAfterALostSyn) {
    ScriptedPeer peer;
    peer.says({.flags = {.syn = true}, .options = kPlain});
    (void)peer.hears_all().size();
    EXPECT_EQ(peer.passes(seconds(1)).size(), 1U);
    peer.says({.sequence = 1, .acknowledgment = 1});
    peer.writes(5000);
    EXPECT_EQ(peer.hears_all().size(), 1U);
    EXPECT_TRUE(peer.passes(milliseconds(2999)).empty());
    EXPECT_EQ(peer.passes(milliseconds(1)).size(), 1U);
}

// Proves: 5681-SS, MUST-19
TEST(Congestion, GrowsBySegmentForEachAcknowledgmentAtFirst) {
    const auto peer = in_flight(4, kPlain);
    peer->writes(100000);
    peer->says({.sequence = 1, .acknowledgment = 1001});
    EXPECT_EQ(peer->hears_all().size(), 2U);
    peer->says({.sequence = 1, .acknowledgment = 2001});
    EXPECT_EQ(peer->hears_all().size(), 2U);
    EXPECT_EQ(peer->connection().sender().congestion().window(), 6000U);
}

// Proves: 5681-CA
TEST(Congestion, GrowsBySegmentForEachRoundTripLater) {
    Congestion congestion(CongestionAlgorithm::NewReno, 10);
    congestion.begin(1000, false);
    congestion.enter_recovery(10000, false, Time{});
    congestion.leave_recovery(5000, false);
    for (int round_trip = 0; round_trip < 10; ++round_trip) {
        const std::uint32_t window = congestion.window();
        for (std::uint32_t acknowledged = 0; acknowledged < window; acknowledged += 1000) {
            congestion.acknowledged(1000, window, milliseconds(100), Time{});
        }
    }
    EXPECT_EQ(congestion.window(), 15000U);
}

// Proves: 5681-cwv
TEST(Congestion, DoesNotGrowWhereTheProgramIsTheLimit) {
    const auto peer = in_flight(1, kPlain);
    const std::uint32_t window = peer->connection().sender().congestion().window();
    for (std::uint32_t i = 1; i < 20; ++i) {
        peer->says({.sequence = 1, .acknowledgment = i * 1000 + 1});
        peer->writes(1000);
        (void)peer->hears_all().size();
    }
    EXPECT_LE(peer->connection().sender().congestion().window(), 2 * window);
}

// Proves: 5681-FR, 5681-LT
TEST(Loss, IsRepairedAtTheThirdDuplicate) {
    const auto peer = in_flight(8, kPlain);
    peer->writes(5000);
    const ScriptedPeer::Says duplicate{.sequence = 1, .acknowledgment = 1};
    peer->says(duplicate);
    EXPECT_EQ(sequences(peer->hears_all()), Sequences{8001});  // RFC 3042
    peer->says(duplicate);
    EXPECT_EQ(sequences(peer->hears_all()), Sequences{9001});
    peer->says(duplicate);
    EXPECT_EQ(sequences(peer->hears_all()), Sequences{1});
    // Half of the eight: the two of RFC 3042 do not count (RFC 5681, 3.2).
    EXPECT_EQ(peer->connection().sender().congestion().threshold(), 4000U);
    EXPECT_EQ(peer->connection().sender().congestion().window(), 7000U);
    peer->says({.sequence = 1, .acknowledgment = 10001});
    EXPECT_LE(peer->connection().sender().congestion().window(), 4000U);
}

// Proves: 6582
TEST(Loss, OfThreeSegmentsInOneWindowHalvesItOnce) {
    const auto peer = in_flight(10, kPlain);  // 1, 3001 and 5001 are lost
    for (int i = 0; i < 7; ++i) {
        peer->says({.sequence = 1, .acknowledgment = 1});
    }
    EXPECT_EQ(sequences(peer->hears_all()), Sequences{1});
    const std::uint32_t threshold = peer->connection().sender().congestion().threshold();
    peer->says({.sequence = 1, .acknowledgment = 3001});
    EXPECT_EQ(sequences(peer->hears_all()), Sequences{3001});
    peer->says({.sequence = 1, .acknowledgment = 5001});
    EXPECT_EQ(sequences(peer->hears_all()), Sequences{5001});
    peer->says({.sequence = 1, .acknowledgment = 10001});
    EXPECT_EQ(peer->connection().sender().congestion().threshold(), threshold);
    EXPECT_FALSE(peer->connection().sender().in_recovery());
}

// Proves: 6675-1
TEST(Loss, ShownBySackIsRepairedHoleByHole) {
    const auto peer = in_flight(10, kSack);  // 1, 3001 and 5001 are lost
    const ScriptedPeer::Says first{
        .sequence = 1, .acknowledgment = 1, .options = sack({{1001, 3001}})};
    peer->says(first);
    EXPECT_TRUE(peer->hears_all().empty());
    peer->says(
        {.sequence = 1, .acknowledgment = 1, .options = sack({{3001 + 1000, 5001}, {1001, 3001}})});
    EXPECT_EQ(sequences(peer->hears_all()), Sequences{1});  // more than two segments above it
    peer->says({.sequence = 1,
                .acknowledgment = 1,
                .options = sack({{6001, 10001}, {4001, 5001}, {1001, 3001}})});
    const auto repaired = sequences(peer->hears_all());
    ASSERT_GE(repaired.size(), 1U);
    EXPECT_EQ(repaired[0], 3001U);
    peer->says({.sequence = 1, .acknowledgment = 5001, .options = sack({{6001, 10001}})});
    const auto last = sequences(peer->hears_all());
    if (repaired.size() == 1) {
        EXPECT_EQ(last, Sequences{5001});
    }
    peer->says({.sequence = 1, .acknowledgment = 10001});
    EXPECT_EQ(peer->connection().sender().total_retransmissions(), 3U);
}

// Proves: 2018-4
TEST(Loss, AfterATimeoutTheSackOfThePeerIsForgotten) {
    const auto peer = in_flight(4, kSack);
    peer->says({.sequence = 1, .acknowledgment = 1, .options = sack({{2001, 3001}})});
    (void)peer->hears_all().size();
    EXPECT_EQ(sequences(peer->passes(seconds(1))), Sequences{1});
    EXPECT_TRUE(peer->connection().sender().scoreboard().empty());
    peer->says({.sequence = 1, .acknowledgment = 1001});
    EXPECT_EQ(sequences(peer->hears_all()), (Sequences{1001, 2001}));  // though it had been there
}

// Proves: sec
TEST(Loss, IsNotMadeUpByFalseSack) {
    const auto peer = in_flight(4, kSack);
    for (const auto& options : {sack({{5001, 90001}}), sack({{3001, 2001}}), sack({{0, 1}}),
                                sack({{1, 1001}}), sack({{0x80000000, 0x80001000}})}) {
        peer->says({.sequence = 1, .acknowledgment = 1, .options = options});
        EXPECT_TRUE(peer->connection().sender().scoreboard().empty());
    }
}

// Proves: 2018-2, 2018-3
TEST(Sack, BeginsWithTheLatestBlock) {
    ScriptedPeer peer;
    peer.establish({.sack_permitted = true});
    const auto blocks_after = [&peer](std::uint32_t sequence) {
        peer.says({.sequence = sequence, .acknowledgment = 1, .payload = 100});
        const auto sent = peer.hears();
        const auto& options = sent->segment.options;
        return std::vector<wire::SackBlock>(options.sack.begin(),
                                            options.sack.begin() + options.sack_blocks);
    };
    using Blocks = std::vector<wire::SackBlock>;
    EXPECT_EQ(blocks_after(201), (Blocks{{201, 301}}));
    EXPECT_EQ(blocks_after(601), (Blocks{{601, 701}, {201, 301}}));
    EXPECT_EQ(blocks_after(401), (Blocks{{401, 501}, {601, 701}, {201, 301}}));
    EXPECT_EQ(blocks_after(301), (Blocks{{201, 301 + 200}, {601, 701}}));
}

// Proves: 2883
TEST(Sack, ReportsADuplicateFirst) {
    ScriptedPeer peer;
    peer.establish({.sack_permitted = true});
    peer.says({.sequence = 1, .acknowledgment = 1, .payload = 100});
    peer.says({.sequence = 301, .acknowledgment = 1, .payload = 100});
    (void)peer.hears_all().size();
    peer.says({.sequence = 1, .acknowledgment = 1, .payload = 100});
    const auto sent = peer.hears();
    ASSERT_EQ(sent->segment.options.sack_blocks, 2);
    EXPECT_EQ(sent->segment.options.sack[0], (wire::SackBlock{1, 101}));
    EXPECT_EQ(sent->segment.options.sack[1], (wire::SackBlock{301, 401}));
    peer.says({.sequence = 51, .acknowledgment = 1, .payload = 100});  // half of it is new
    const auto partly = peer.hears();
    ASSERT_TRUE(partly);
    EXPECT_EQ(partly->segment.acknowledgment, 151U);
    EXPECT_EQ(partly->segment.options.sack[0], (wire::SackBlock{51, 101}));
}

// Proves: 2883
TEST(Sack, TellsNoHoleAsADuplicate) {
    ScriptedPeer peer;
    peer.establish(kSack);
    peer.says({.sequence = 301, .acknowledgment = 1, .payload = 100});
    peer.says({.sequence = 501, .acknowledgment = 1, .payload = 100});
    (void)peer.hears_all().size();
    peer.says({.sequence = 351, .acknowledgment = 1, .payload = 300});  // the hole, and both ends
    const auto sent = peer.hears_all();
    ASSERT_EQ(sent.size(), 1U);
    const wire::TcpOptions& options = sent[0].segment.options;
    ASSERT_EQ(options.sack_blocks, 2U);
    EXPECT_EQ(options.sack[0], (wire::SackBlock{.left = 351, .right = 401}));
    EXPECT_EQ(options.sack[1], (wire::SackBlock{.left = 301, .right = 651}));
}

TEST(Sack, KeepsTheOrderOfBlocksWhileOneOfThemGrows) {
    ScriptedPeer peer;
    peer.establish(kSack);
    for (const std::uint32_t begin : {101U, 301U, 501U}) {
        peer.says({.sequence = begin, .acknowledgment = 1, .payload = 10});
    }
    for (std::uint32_t begin = 511; begin < 600; begin += 10) {
        peer.says({.sequence = begin, .acknowledgment = 1, .payload = 10});
    }
    const auto sent = peer.hears_all();
    ASSERT_FALSE(sent.empty());
    const wire::TcpOptions& options = sent.back().segment.options;
    ASSERT_EQ(options.sack_blocks, 3U);
    EXPECT_EQ(options.sack[0].left, 501U);
    EXPECT_EQ(options.sack[1].left, 301U);
    EXPECT_EQ(options.sack[2].left, 101U);
}

// Proves: 5681-LOSS, 6298-8
TEST(Timeout, DoublesAndKeepsTheThreshold) {
    const auto peer = in_flight(8, kPlain);
    const Time start = peer->now();
    peer->passes(seconds(20));
    std::vector<std::int64_t> at;
    for (const Time time : peer->sent_at()) {
        at.push_back(std::chrono::duration_cast<seconds>(time - start).count());
    }
    EXPECT_EQ(at, (std::vector<std::int64_t>{1, 3, 7, 15}));
    EXPECT_EQ(peer->connection().sender().congestion().threshold(), 4000U);
    EXPECT_EQ(peer->connection().sender().congestion().window(), 1000U);
}

// Proves: 6298-5, MUST-18
TEST(Timeout, TakesNoSampleFromWhatWasSentTwice) {
    const auto peer = in_flight(1, kPlain);
    const Duration before = peer->connection().sender().rtt().smoothed();
    peer->passes(milliseconds(1500));
    peer->says({.sequence = 1, .acknowledgment = 1001});
    EXPECT_EQ(peer->connection().sender().rtt().smoothed(), before);
}

// Proves: 6298-7
TEST(Timeout, RunsWhileSomethingIsInFlightAndStartsAnewWithEachAcknowledgment) {
    const auto peer = in_flight(2, kPlain);
    EXPECT_EQ(peer->connection().next_deadline(), peer->now() + seconds(1));
    peer->passes(milliseconds(400));
    peer->says({.sequence = 1, .acknowledgment = 1001});
    EXPECT_EQ(peer->connection().next_deadline(), peer->now() + seconds(1));
    peer->passes(milliseconds(400));
    peer->says({.sequence = 1, .acknowledgment = 1001});  // nothing new: the timer is left alone
    EXPECT_EQ(peer->connection().next_deadline(), peer->now() + milliseconds(600));
    peer->says({.sequence = 1, .acknowledgment = 2001});
    EXPECT_EQ(peer->connection().next_deadline(), std::nullopt);
}

// Proves: 5681-IDLE
TEST(Congestion, BeginsAnewAfterAPause) {
    const auto peer = in_flight(4, kPlain);
    peer->writes(20000);
    for (std::uint32_t i = 1; i <= 24; ++i) {
        peer->says({.sequence = 1, .acknowledgment = i * 1000 + 1});
        (void)peer->hears_all().size();
    }
    EXPECT_GT(peer->connection().sender().congestion().window(), 8000U);
    peer->passes(seconds(30));
    peer->writes(20000);
    EXPECT_EQ(peer->hears_all().size(), 4U);
}

// Proves: MAY-18
TEST(Cubic, GrowsBackToWhereItWasAndThenSearches) {
    Congestion congestion(CongestionAlgorithm::Cubic, 100);
    congestion.begin(1000, false);
    Time now{seconds(1)};
    congestion.enter_recovery(100000, false, now);
    EXPECT_EQ(congestion.window(), 70000U);
    congestion.leave_recovery(70000, false);
    std::uint32_t at_k = 0;
    // K = cbrt(30 / 0.4) = 4.2 s.
    for (int round_trip = 0; round_trip < 90; ++round_trip) {
        now += milliseconds(100);
        const std::uint32_t window = congestion.window();
        for (std::uint32_t acknowledged = 0; acknowledged < window; acknowledged += 1000) {
            congestion.acknowledged(1000, window, milliseconds(100), now);
        }
        at_k = round_trip == 41 ? congestion.window() : at_k;
    }
    EXPECT_NEAR(at_k, 100000, 5000);
    EXPECT_GT(congestion.window(), 120000U);
}

// Proves: SHLD-8
TEST(Ecn, ReducesTheWindowOncePerRoundTripAndEchoesUntilAnswered) {
    Settings settings = rfc_settings();
    settings.ecn = true;
    settings.initial_window_segments = 8;
    ScriptedPeer peer(settings);
    peer.says({.flags = {.syn = true, .ece = true, .cwr = true}, .options = kPlain});
    const auto answer = peer.hears();
    EXPECT_TRUE(answer->segment.flags.ece);
    EXPECT_FALSE(answer->segment.flags.cwr);
    peer.says({.sequence = 1, .acknowledgment = 1});
    peer.writes(20000);
    for (const SentSegment& sent : peer.hears_all()) {
        EXPECT_EQ(sent.ecn, wire::Ecn::Capable0);
    }
    peer.says({.sequence = 1, .acknowledgment = 1001, .flags = {.ece = true}});
    peer.says({.sequence = 1, .acknowledgment = 2001, .flags = {.ece = true}});
    EXPECT_EQ(peer.connection().sender().congestion().threshold(), 4000U);
    peer.says({.sequence = 1, .acknowledgment = 8001});
    const auto next = peer.hears_all();
    ASSERT_FALSE(next.empty());
    EXPECT_TRUE(next[0].segment.flags.cwr);

    peer.says({.sequence = 1, .acknowledgment = 8001, .payload = 10, .ecn = wire::Ecn::Congested});
    const auto echo = peer.passes(seconds(1));
    EXPECT_TRUE(echo.at(0).segment.flags.ece);
    for (const SentSegment& sent : echo) {
        EXPECT_EQ(sent.ecn, wire::Ecn::NotCapable);  // acknowledgments and retransmissions
    }
    peer.says({.sequence = 11, .acknowledgment = 8001, .flags = {.cwr = true}, .payload = 10});
    EXPECT_FALSE(peer.passes(milliseconds(100)).at(0).segment.flags.ece);
}

}  // namespace
}  // namespace tcpdx::endpoint
