// RFC 9293, 3.5 and 3.7.1: how connections begin, and how large their segments are.

#include <gtest/gtest.h>

#include "endpoint/scripted_peer.h"

namespace tcpdx::endpoint {
namespace {

using std::chrono::seconds;

// Proves: MUST-10
TEST(Opening, WorksFromBothEndsAtOnce) {
    ScriptedPeer peer;
    peer.reach(TcpState::SynSent);
    peer.says({.flags = {.syn = true}});
    EXPECT_EQ(peer.connection().state(), TcpState::SynReceived);
    const auto answer = peer.hears();
    ASSERT_TRUE(answer);
    EXPECT_TRUE(answer->segment.flags.syn && answer->segment.flags.ack);
    EXPECT_EQ(answer->segment.sequence, 0U);
    peer.says({.acknowledgment = 1, .flags = {.syn = true}});  // the peer's SYN,ACK
    EXPECT_EQ(peer.connection().state(), TcpState::Established);
}

// Proves: MUST-11
TEST(Opening, RemembersWhoseIdeaItWas) {
    ScriptedPeer passive;
    passive.reach(TcpState::SynReceived);
    passive.says({.sequence = 1, .flags = {.rst = true}});
    EXPECT_EQ(passive.connection().state(), TcpState::Listen);
    EXPECT_EQ(passive.connection().failure(), Failure::None);

    ScriptedPeer active;
    active.reach(TcpState::SynSent);
    active.says({.flags = {.syn = true}});
    (void)active.hears_all().size();
    active.says({.sequence = 1, .flags = {.rst = true}});
    EXPECT_EQ(active.connection().state(), TcpState::Closed);
    EXPECT_EQ(active.connection().failure(), Failure::Refused);
}

// Proves: MUST-45
TEST(Opening, KeepsTheAddressesOfTheFirstSyn) {
    ScriptedPeer peer;
    peer.establish();
    peer.writes(100);
    for (const SentSegment& sent : peer.passes(seconds(10))) {
        EXPECT_EQ(sent.segment.source_port, 8080);
        EXPECT_EQ(sent.segment.destination_port, 40000);
    }
    EXPECT_EQ(peer.connection().tuple(), ScriptedPeer::tuple());
}

// Proves: SHLD-5, MUST-67
TEST(Opening, OffersWhatCanBePutTogether) {
    ScriptedPeer usual;
    usual.connection().open(usual.now());
    EXPECT_EQ(usual.hears()->segment.options.max_segment_size, 1460);
    Settings small = rfc_settings();
    small.reassembly_limit = 576;
    ScriptedPeer limited(small);
    limited.connection().open(limited.now());
    EXPECT_EQ(limited.hears()->segment.options.max_segment_size, 536);
}

std::size_t largest_payload(const wire::TcpOptions& options, const Settings& settings) {
    ScriptedPeer peer(settings);
    peer.establish(options);
    peer.writes(10000);
    std::size_t largest = 0;
    for (const SentSegment& sent : peer.hears_all()) {
        largest = std::max(largest, sent.payload.size());
    }
    return largest;
}

// Proves: MUST-14, MUST-15, MUST-16
TEST(Opening, SendsSegmentsOfTheSizeThatThePeerAndThePathTake) {
    const Settings settings = rfc_settings();
    Settings narrow = rfc_settings();
    narrow.mtu = 1000;
    const wire::TcpTimestamps stamps{.value = 5};
    EXPECT_EQ(largest_payload({.max_segment_size = 1000}, settings), 1000U);
    EXPECT_EQ(largest_payload({}, settings), 536U);
    EXPECT_EQ(largest_payload({.max_segment_size = 1000, .timestamps = stamps}, settings), 988U);
    EXPECT_EQ(largest_payload({.max_segment_size = 1460}, narrow), 960U);
    EXPECT_EQ(largest_payload({.max_segment_size = 1}, settings), 48U);  // not one octet at a time
}

// Proves: MUST-16
TEST(Opening, ShrinksSegmentsWhenThePathDoes) {
    ScriptedPeer peer;
    peer.establish({.max_segment_size = 1460});
    peer.writes(2920);
    EXPECT_EQ(peer.hears_all().size(), 2U);
    peer.connection().path_mtu(1000, ScriptedPeer::kOurIss + 1, peer.now());
    const auto again = peer.hears_all();
    ASSERT_FALSE(again.empty());
    EXPECT_EQ(again[0].segment.sequence, 1U);
    EXPECT_EQ(again[0].payload.size(), 960U);
}

// Proves: 7323-WS1, 7323-TS1, 2018-1
TEST(Opening, UsesOnlyWhatBothEndsOffer) {
    ScriptedPeer plain;
    plain.says({.flags = {.syn = true}});
    const auto answer = plain.hears();
    EXPECT_FALSE(answer->segment.options.window_shift);
    EXPECT_FALSE(answer->segment.options.timestamps);
    EXPECT_FALSE(answer->segment.options.sack_permitted);

    ScriptedPeer full;
    full.says({.flags = {.syn = true},
               .options = {.window_shift = 2,
                           .timestamps = wire::TcpTimestamps{.value = 77},
                           .sack_permitted = true}});
    const auto rich = full.hears();
    EXPECT_EQ(rich->segment.options.window_shift, 6);
    EXPECT_EQ(rich->segment.options.timestamps->echo_reply, 77U);
    EXPECT_TRUE(rich->segment.options.sack_permitted);
    EXPECT_EQ(rich->segment.window, 65535);  // not scaled
}

// Proves: MUST-22, MUST-23, 6298-1
TEST(Opening, GivesUpASynAfterThreeMinutesAndSaysSoOnce) {
    ScriptedPeer peer;
    const Time start = peer.now();
    peer.connection().open(start);
    peer.passes(seconds(179));
    EXPECT_EQ(peer.connection().state(), TcpState::SynSent);
    std::vector<std::int64_t> at;
    for (const Time time : peer.sent_at()) {
        at.push_back(std::chrono::duration_cast<seconds>(time - start).count());
    }
    EXPECT_EQ(at, (std::vector<std::int64_t>{1, 3, 7, 15, 31, 63, 127}));
    peer.passes(seconds(2));
    EXPECT_EQ(peer.connection().failure(), Failure::TimedOut);
    int failures = 0;
    for (const Event& event : peer.events()) {
        failures += event.kind == EventKind::Failed ? 1 : 0;
    }
    EXPECT_EQ(failures, 1);
}

// Linux: tcp_syn_retries 6 and tcp_syn_linear_timeouts 4.
TEST(Opening, OfTheLinuxProfileRetriesAsLinuxDoes) {
    ScriptedPeer peer(linux_settings());
    const Time start = peer.now();
    peer.connection().open(start);
    peer.passes(seconds(200));
    std::vector<std::int64_t> at;
    for (const Time time : peer.sent_at()) {
        at.push_back(std::chrono::duration_cast<seconds>(time - start).count());
    }
    EXPECT_EQ(at, (std::vector<std::int64_t>{1, 2, 3, 4, 5, 7, 11, 19, 35, 67}));
    EXPECT_EQ(peer.connection().failure(), Failure::TimedOut);
}

// RFC 9293, 3.10.7.3: text and FIN may come with the SYN,ACK.
TEST(Opening, TakesDataAndFinThatComeWithTheAnswer) {
    ScriptedPeer peer;
    peer.reach(TcpState::SynSent);
    peer.says({.acknowledgment = 1, .flags = {.fin = true, .syn = true}, .payload = 7});
    EXPECT_EQ(peer.connection().state(), TcpState::CloseWait);
    EXPECT_EQ(peer.reads(100), 7U);
    EXPECT_EQ(peer.hears()->segment.acknowledgment, 9U);
}

TEST(Opening, KeepsDataOfASynUntilItIsEstablished) {
    ScriptedPeer peer;
    peer.reach(TcpState::SynSent);
    peer.says({.flags = {.syn = true}, .payload = 5});
    EXPECT_EQ(peer.hears()->segment.acknowledgment, 1U);
    EXPECT_EQ(peer.reads(100), 0U);
    peer.says({.sequence = 1, .acknowledgment = 1});
    EXPECT_EQ(peer.hears()->segment.acknowledgment, 6U);
    EXPECT_EQ(peer.reads(100), 5U);
}

// RFC 9293, figure 9: the peer has restarted and does not know the connection any more.
TEST(Opening, OfAPeerThatHasRestartedIsChallenged) {
    ScriptedPeer peer;
    peer.establish();
    peer.says({.sequence = 400, .flags = {.syn = true}});
    const auto challenge = peer.hears();
    ASSERT_TRUE(challenge);
    EXPECT_EQ(challenge->segment.acknowledgment, 1U);
    peer.says({.sequence = 1, .flags = {.rst = true}});  // what it answers to that
    EXPECT_EQ(peer.connection().failure(), Failure::Reset);
}

}  // namespace
}  // namespace tcpdx::endpoint
