// What protects a connection: timestamps (RFC 7323) and the checks of RFC 5961.

#include <gtest/gtest.h>

#include "endpoint/scripted_peer.h"

namespace tcpdx::endpoint {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;

wire::TcpOptions stamp(std::uint32_t value, std::uint32_t echo = 0) {
    return {.timestamps = wire::TcpTimestamps{.value = value, .echo_reply = echo}};
}

// Proves: 7323-TS1
TEST(Timestamps, AreOnEverySegmentOnceAgreed) {
    ScriptedPeer peer;
    peer.establish(stamp(100));
    peer.writes(3000);
    for (const SentSegment& sent : peer.passes(seconds(20))) {
        EXPECT_TRUE(sent.segment.options.timestamps);
    }
    peer.connection().abort(peer.now());
    EXPECT_TRUE(peer.hears()->segment.options.timestamps);
}

// Proves: 7323-TS2
TEST(Timestamps, ThatAreMissingMakeASegmentSuspect) {
    ScriptedPeer strict;
    strict.establish(stamp(100));
    strict.says({.sequence = 1, .acknowledgment = 1, .payload = 10});
    EXPECT_EQ(strict.reads(100), 0U);
    strict.says({.sequence = 1, .flags = {.rst = true}});  // which needs none
    EXPECT_EQ(strict.connection().failure(), Failure::Reset);
    ScriptedPeer tolerant(linux_settings());
    tolerant.establish(stamp(100));
    tolerant.says({.sequence = 1, .acknowledgment = 1, .payload = 10});
    EXPECT_EQ(tolerant.reads(100), 10U);
}

// Proves: 7323-TS3, 7323-TS4
TEST(Timestamps, AreEchoedFromTheSegmentThatTheAcknowledgmentIsAbout) {
    ScriptedPeer peer;
    peer.establish(stamp(100));
    peer.says({.sequence = 1, .acknowledgment = 1, .payload = 10, .options = stamp(200)});
    peer.says({.sequence = 11, .acknowledgment = 1, .payload = 10, .options = stamp(300)});
    EXPECT_EQ(peer.hears()->segment.options.timestamps->echo_reply, 200U);  // the earliest
    peer.says({.sequence = 31, .acknowledgment = 1, .payload = 10, .options = stamp(400)});
    EXPECT_EQ(peer.hears()->segment.options.timestamps->echo_reply,
              200U);  // a gap: the last that advanced
    peer.says({.sequence = 21, .acknowledgment = 1, .payload = 10, .options = stamp(500)});
    EXPECT_EQ(peer.hears()->segment.options.timestamps->echo_reply, 500U);
}

// Proves: 7323-TS5, 6298-5
TEST(Timestamps, TellTheCopiesOfASegmentApart) {
    ScriptedPeer peer;
    peer.establish(stamp(100));
    peer.writes(100);
    (void)peer.hears_all().size();
    const auto copy = peer.passes(seconds(1));
    ASSERT_EQ(copy.size(), 1U);
    peer.passes(milliseconds(50));
    const Duration before = peer.connection().sender().rtt().smoothed();
    peer.says({.sequence = 1,
               .acknowledgment = 101,
               .options = stamp(200, copy[0].segment.options.timestamps->value)});
    const Duration after = peer.connection().sender().rtt().smoothed();
    EXPECT_NE(after, before);
    EXPECT_LE(after, milliseconds(50));
    peer.says({.sequence = 1, .acknowledgment = 101, .options = stamp(300, 1)});  // nothing new
    EXPECT_EQ(peer.connection().sender().rtt().smoothed(), after);
}

// Proves: 7323-P1
TEST(Paws, AcknowledgesAndDropsWhatIsOlder) {
    ScriptedPeer peer;
    peer.establish(stamp(100));
    peer.says({.sequence = 1, .acknowledgment = 1, .payload = 10, .options = stamp(99)});
    EXPECT_EQ(peer.hears()->segment.acknowledgment, 1U);
    EXPECT_EQ(peer.reads(100), 0U);
    peer.says({.sequence = 1, .flags = {.rst = true}, .options = stamp(1)});
    EXPECT_EQ(peer.connection().failure(), Failure::Reset);
}

// Proves: 7323-P2
TEST(Paws, ForgetsWhatIsOlderThan24Days) {
    ScriptedPeer peer;
    peer.establish(stamp(100));
    peer.passes(hours(24 * 25));
    peer.says({.sequence = 1, .acknowledgment = 1, .payload = 10, .options = stamp(50)});
    EXPECT_EQ(peer.reads(100), 10U);
    peer.says({.sequence = 11, .acknowledgment = 1, .payload = 10, .options = stamp(60)});
    EXPECT_EQ(peer.reads(100), 10U);
}

// Proves: 7323-P3
TEST(Paws, KnowsThatTheClockWraps) {
    ScriptedPeer peer;
    peer.establish(stamp(0xfffffff0));
    peer.says({.sequence = 1, .acknowledgment = 1, .payload = 10, .options = stamp(0)});
    peer.says({.sequence = 11, .acknowledgment = 1, .payload = 10, .options = stamp(5)});
    EXPECT_EQ(peer.reads(100), 20U);
    peer.says({.sequence = 21, .acknowledgment = 1, .payload = 10, .options = stamp(0xfffffff8)});
    EXPECT_EQ(peer.reads(100), 0U);
}

// Proves: 7323-WS2
TEST(WindowScale, RoundsDownWithoutTakingBackWhatWasOffered) {
    Settings settings = rfc_settings();
    settings.receive_buffer = 10007;
    ScriptedPeer peer(settings);
    peer.establish({.window_shift = 0});
    for (std::uint32_t i = 0; i < 10; ++i) {
        peer.says({.sequence = 1 + i * 1000, .acknowledgment = 1, .payload = 1000});
    }
    // All ten and seven more were offered by the SYN; they still count.
    peer.says({.sequence = 10001, .acknowledgment = 1, .payload = 7});
    EXPECT_EQ(peer.connection().readable(), 10007U);
}

// Proves: 5961-3
TEST(BlindAttack, WithAResetHasToGuessTheExactNumber) {
    struct Row {
        std::uint32_t sequence;
        bool challenged;
        bool reset;
    };
    for (const Row row : {Row{0, false, false}, Row{1, false, true}, Row{2, true, false},
                          Row{65535, true, false}, Row{65536, false, false}}) {
        ScriptedPeer peer;
        peer.establish();
        peer.says({.sequence = row.sequence, .flags = {.rst = true}});
        EXPECT_EQ(peer.hears().has_value(), row.challenged) << row.sequence;
        EXPECT_EQ(peer.connection().failure() == Failure::Reset, row.reset) << row.sequence;
    }
}

// tcp_reset_check(), tcp_timewait_state_process(), and the SYN after a wrong answer.
TEST(LinuxProfile, DiffersFromTheRfcWhereLinuxDoes) {
    for (const bool like_linux : {false, true}) {
        const Settings settings = like_linux ? linux_settings() : rfc_settings();
        ScriptedPeer closing(settings);
        closing.reach(TcpState::CloseWait);
        closing.says({.sequence = 1, .flags = {.rst = true}});
        EXPECT_EQ(closing.connection().failure() == Failure::Reset, like_linux);

        ScriptedPeer waiting(settings);
        waiting.reach(TcpState::TimeWait);
        waiting.says({.sequence = 2, .flags = {.fin = true}});
        EXPECT_EQ(waiting.hears().has_value(), like_linux);

        ScriptedPeer opening(settings);
        opening.reach(TcpState::SynSent);
        opening.says({.acknowledgment = 5, .flags = {.syn = true}});
        EXPECT_TRUE(opening.hears()->segment.flags.rst);
        EXPECT_EQ(opening.passes(milliseconds(20)).size(), like_linux ? 1U : 0U);
    }
}

// Proves: 5961-4
TEST(BlindAttack, WithASynIsChallengedWhereverItIs) {
    for (const std::uint32_t sequence : {0U, 1U, 500U, 0x40000000U}) {
        ScriptedPeer peer;
        peer.establish();
        peer.says({.sequence = sequence, .flags = {.syn = true}});
        const auto challenge = peer.hears();
        ASSERT_TRUE(challenge);
        EXPECT_EQ(challenge->segment.sequence, 1U);
        EXPECT_EQ(challenge->segment.acknowledgment, 1U);
        EXPECT_EQ(peer.connection().state(), TcpState::Established);
    }
}

// Proves: 5961-5, MAY-12
TEST(BlindAttack, WithDataNeedsAPlausibleAcknowledgment) {
    for (const auto& [acknowledgment, taken] : {std::pair{1U, true},
                                                {1U - 1000U, true},
                                                {1U - 1001U, false},
                                                {2U, false},
                                                {0x70000000U, false}}) {
        ScriptedPeer peer;
        peer.establish({}, 1000);
        peer.says({.sequence = 1, .acknowledgment = acknowledgment, .window = 1000, .payload = 10});
        EXPECT_EQ(peer.reads(100) == 10, taken) << acknowledgment;
        EXPECT_EQ(peer.hears().has_value(), !taken) << acknowledgment;
    }
}

// Proves: 5961-7
TEST(BlindAttack, GetsOnlySoManyChallenges) {
    ScriptedPeer peer;
    peer.establish();
    std::size_t challenges = 0;
    for (int i = 0; i < 1000; ++i) {
        peer.says({.sequence = 2, .flags = {.rst = true}});
        challenges += peer.hears_all().size();
    }
    EXPECT_EQ(challenges, rfc_settings().challenge_acks_per_second);
    ScriptedPeer other;  // whose own are untouched
    other.establish();
    other.says({.sequence = 2, .flags = {.rst = true}});
    EXPECT_TRUE(other.hears());
}

// ---- Settings::linux_arrivals, beside which docs/tcp-beside-linux.md stands

TEST(LinuxArrivals, TakeAResetBehindAllThatSackTells) {
    for (const bool linux_like : {false, true}) {
        ScriptedPeer peer(linux_like ? linux_settings() : rfc_settings());
        peer.establish({.sack_permitted = true});
        peer.says({.sequence = 101, .acknowledgment = 1, .payload = 100});
        (void)peer.hears_all().size();
        peer.says({.sequence = 201, .flags = {.rst = true}});
        EXPECT_EQ(peer.hears_all().size(), linux_like ? 0U : 1U);
        EXPECT_EQ(peer.connection().failure(), linux_like ? Failure::Reset : Failure::None);
    }
}

TEST(LinuxArrivals, TakeWhatEndsBehindTheWindowWholeWhileNothingIsUnread) {
    for (const bool linux_like : {false, true}) {
        Settings settings = linux_like ? linux_settings() : rfc_settings();
        settings.receive_buffer = 1000;
        ScriptedPeer peer(settings);
        peer.establish({});
        peer.says({.sequence = 1, .acknowledgment = 1, .payload = 1400});
        EXPECT_EQ(peer.connection().readable(), linux_like ? 1400U : 1000U);
        peer.says({.sequence = 1001, .acknowledgment = 1, .payload = 1000});
        EXPECT_EQ(peer.connection().readable(), linux_like ? 1400U : 1000U);
        EXPECT_EQ(peer.reads(5000), linux_like ? 1400U : 1000U);
    }
}

TEST(LinuxArrivals, CountAnEarlyFinAsSomethingReceived) {
    for (const bool linux_like : {false, true}) {
        ScriptedPeer peer(linux_like ? linux_settings() : rfc_settings());
        peer.establish({.sack_permitted = true});
        peer.says({.sequence = 101, .acknowledgment = 1, .flags = {.fin = true}});
        const auto sent = peer.hears();
        ASSERT_TRUE(sent);
        EXPECT_EQ(sent->segment.options.sack_blocks, linux_like ? 1 : 0);
        peer.says({.sequence = 1, .acknowledgment = 1, .payload = 100});
        EXPECT_EQ(peer.hears()->segment.acknowledgment, 102U);
        EXPECT_EQ(peer.connection().state(), TcpState::CloseWait);
    }
}

TEST(LinuxArrivals, AnswerWhatContradictsTheFinWithAReset) {
    for (const bool linux_like : {false, true}) {
        ScriptedPeer peer(linux_like ? linux_settings() : rfc_settings());
        peer.reach(TcpState::CloseWait);
        (void)peer.hears_all().size();
        peer.says({.sequence = 1, .acknowledgment = 1, .payload = 100});
        const auto sent = peer.hears();
        EXPECT_EQ(sent && sent->segment.flags.rst, linux_like);
        EXPECT_EQ(peer.connection().state(), linux_like ? TcpState::Closed : TcpState::CloseWait);
    }
}

TEST(LinuxArrivals, AreAnsweredOnceInHalfASecondUnlessTheyBringData) {
    ScriptedPeer peer(linux_settings());
    peer.establish({});
    const ScriptedPeer::Says wrong{.sequence = 1, .acknowledgment = 500};
    peer.says(wrong);
    EXPECT_EQ(peer.hears_all().size(), 1U);
    peer.says(wrong);
    peer.says({.sequence = 50, .flags = {.syn = true}});
    EXPECT_EQ(peer.hears_all().size(), 0U);
    peer.says({.sequence = 100000, .acknowledgment = 1, .payload = 10});
    EXPECT_EQ(peer.hears_all().size(), 1U);
    EXPECT_TRUE(peer.passes(milliseconds(500)).empty());
    peer.says(wrong);
    EXPECT_EQ(peer.hears_all().size(), 1U);
}

TEST(LinuxArrivals, OfASynAckHaveToEchoATimestampOfOurs) {
    for (const bool linux_like : {false, true}) {
        ScriptedPeer peer(linux_like ? linux_settings() : rfc_settings());
        peer.reach(TcpState::SynSent);
        (void)peer.hears_all().size();
        peer.says({.acknowledgment = 1, .flags = {.syn = true}, .options = stamp(100, 0x12345678)});
        EXPECT_EQ(peer.hears()->segment.flags.rst, linux_like);
        EXPECT_EQ(peer.connection().state(),
                  linux_like ? TcpState::SynSent : TcpState::Established);
    }
}

}  // namespace
}  // namespace tcpdx::endpoint
