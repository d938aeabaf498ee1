// RFC 9293, 3.6: how connections end, and 3.8.3 and 3.8.4: how they fail.

#include <gtest/gtest.h>

#include "endpoint/scripted_peer.h"

namespace tcpdx::endpoint {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;

int count(const std::vector<Event>& events, EventKind kind) {
    int found = 0;
    for (const Event& event : events) {
        found += event.kind == kind ? 1 : 0;
    }
    return found;
}

// Proves: MUST-12
TEST(Closing, TellsANormalEndFromAReset) {
    ScriptedPeer closed;
    closed.establish();
    closed.says({.sequence = 1, .acknowledgment = 1, .flags = {.fin = true}});
    EXPECT_TRUE(closed.connection().at_end_of_stream());
    EXPECT_EQ(count(closed.events(), EventKind::PeerClosed), 1);

    ScriptedPeer reset;
    reset.establish();
    reset.says({.sequence = 1, .flags = {.rst = true}});
    std::array<std::byte, 10> room{};
    EXPECT_EQ(reset.connection().read(room, reset.now()).error(), CallError::Failed);
    EXPECT_EQ(reset.connection().failure(), Failure::Reset);
}

// RFC 9293, 3.10.4: with nothing queued the FIN does not wait for the handshake.
TEST(Closing, InSynReceivedSendsTheFinAtOnce) {
    for (const std::uint32_t acknowledged : {1U, 2U}) {
        ScriptedPeer peer;
        peer.reach(TcpState::SynReceived);
        peer.hears_all();
        ASSERT_TRUE(peer.connection().close(peer.now()));
        const auto sent = peer.hears_all();
        ASSERT_EQ(sent.size(), 1U);
        EXPECT_TRUE(sent[0].segment.flags.fin);
        EXPECT_EQ(sent[0].segment.sequence, 1U);
        peer.says({.sequence = 1, .acknowledgment = acknowledged});
        EXPECT_EQ(peer.connection().state(),
                  acknowledged == 1 ? TcpState::FinWait1 : TcpState::FinWait2);
        peer.says({.sequence = 1, .acknowledgment = 2, .flags = {.fin = true}});
        EXPECT_EQ(peer.connection().state(), TcpState::TimeWait);
    }
}

TEST(Closing, InSynReceivedAfterShutdownSendsOneFin) {
    ScriptedPeer peer;
    peer.reach(TcpState::SynReceived);
    peer.hears_all();
    ASSERT_TRUE(peer.connection().shutdown_send(peer.now()));
    EXPECT_EQ(peer.connection().state(), TcpState::SynReceived);
    ASSERT_TRUE(peer.connection().close(peer.now()));
    EXPECT_EQ(peer.hears_all().size(), 1U);
    peer.says({.sequence = 1, .acknowledgment = 1});
    EXPECT_EQ(peer.connection().state(), TcpState::FinWait1);
    EXPECT_TRUE(peer.hears_all().empty());
}

// The SYN,ACK is lost together with the FIN: both come again, the SYN first.
TEST(Closing, InSynReceivedRepeatsWhatWasLost) {
    ScriptedPeer peer;
    peer.reach(TcpState::SynReceived);
    ASSERT_TRUE(peer.connection().close(peer.now()));
    peer.hears_all();
    const auto again = peer.passes(milliseconds(1100));
    ASSERT_FALSE(again.empty());
    EXPECT_TRUE(again[0].segment.flags.syn);
    peer.says({.sequence = 1, .acknowledgment = 1});
    const auto later = peer.passes(seconds(10));
    ASSERT_FALSE(later.empty());
    EXPECT_TRUE(later[0].segment.flags.fin);
    EXPECT_EQ(later[0].segment.sequence, 1U);
}

// Proves: SHLD-2
TEST(Closing, TakesAResetThatCarriesData) {
    ScriptedPeer peer;
    peer.establish();
    peer.says({.sequence = 1, .acknowledgment = 1, .flags = {.rst = true}, .payload = 5});
    EXPECT_EQ(peer.connection().failure(), Failure::Reset);
    EXPECT_EQ(peer.connection().readable(), 0U);
}

// Proves: SHLD-3
TEST(Closing, ResetsWhereDataIsLost) {
    ScriptedPeer unread;
    unread.establish();
    unread.says({.sequence = 1, .acknowledgment = 1, .payload = 1});
    EXPECT_TRUE(unread.connection().close(unread.now()));
    const auto reset = unread.hears();
    EXPECT_TRUE(reset->segment.flags.rst);
    EXPECT_EQ(reset->segment.sequence, 1U);
    EXPECT_FALSE(unread.hears());

    ScriptedPeer late;
    late.establish();
    EXPECT_TRUE(late.connection().close(late.now()));
    EXPECT_TRUE(late.hears()->segment.flags.fin);
    late.says({.sequence = 1, .acknowledgment = 2, .payload = 1});
    EXPECT_TRUE(late.hears()->segment.flags.rst);
    EXPECT_EQ(late.connection().state(), TcpState::Closed);

    ScriptedPeer only_a_fin;
    only_a_fin.establish();
    EXPECT_TRUE(only_a_fin.connection().close(only_a_fin.now()));
    (void)only_a_fin.hears_all().size();
    only_a_fin.says({.sequence = 1, .acknowledgment = 2, .flags = {.fin = true}});
    EXPECT_EQ(only_a_fin.connection().state(), TcpState::TimeWait);
}

TEST(Closing, OfOneHalfLetsTheOtherGoOn) {
    ScriptedPeer peer;
    peer.reach(TcpState::FinWait2);
    peer.says({.sequence = 1, .acknowledgment = 2, .payload = 100});
    EXPECT_EQ(peer.reads(200), 100U);
    peer.passes(hours(10));
    EXPECT_EQ(peer.connection().state(), TcpState::FinWait2);
}

TEST(Closing, WaitsOnlySoLongForAFinThatNobodyWaitsFor) {
    ScriptedPeer peer;
    peer.establish();
    EXPECT_TRUE(peer.connection().close(peer.now()));
    (void)peer.hears_all().size();
    peer.says({.sequence = 1, .acknowledgment = 2});
    peer.passes(seconds(59));
    EXPECT_EQ(peer.connection().state(), TcpState::FinWait2);
    EXPECT_TRUE(peer.passes(seconds(2)).empty());
    EXPECT_EQ(peer.connection().state(), TcpState::Closed);
}

// Proves: MUST-13
TEST(Closing, LingersTwiceTheMaximumSegmentLifetime) {
    for (const bool through_closing : {false, true}) {
        ScriptedPeer peer;
        peer.reach(through_closing ? TcpState::Closing : TcpState::FinWait2);
        if (through_closing) {
            peer.says({.sequence = 2, .acknowledgment = 2});
        } else {
            peer.says({.sequence = 1, .acknowledgment = 2, .flags = {.fin = true}});
        }
        EXPECT_EQ(peer.connection().state(), TcpState::TimeWait);
        peer.passes(seconds(240) - Duration(1));
        EXPECT_EQ(peer.connection().state(), TcpState::TimeWait);
        peer.passes(Duration(1));
        EXPECT_EQ(peer.connection().state(), TcpState::Closed);
    }
}

// Proves: dup-FIN
TEST(Closing, LingersAnewWhenTheFinComesAgain) {
    ScriptedPeer peer;
    peer.reach(TcpState::TimeWait);
    peer.passes(seconds(216));
    peer.says({.sequence = 1, .acknowledgment = 2, .flags = {.fin = true}});
    EXPECT_EQ(peer.hears()->segment.acknowledgment, 2U);
    peer.passes(seconds(239));
    EXPECT_EQ(peer.connection().state(), TcpState::TimeWait);
    peer.passes(seconds(2));
    EXPECT_EQ(peer.connection().state(), TcpState::Closed);
}

// Proves: RFC1337
TEST(Closing, IgnoresAResetInTimeWaitWhereAsked) {
    for (const bool protect : {false, true}) {
        Settings settings = rfc_settings();
        settings.rfc1337 = protect;
        ScriptedPeer peer(settings);
        peer.reach(TcpState::TimeWait);
        peer.says({.sequence = 2, .flags = {.rst = true}});
        EXPECT_EQ(peer.connection().state(), protect ? TcpState::TimeWait : TcpState::Closed);
    }
}

TEST(Closing, DoesNotLoseAFinBehindAClosedWindow) {
    ScriptedPeer peer;
    peer.establish();
    peer.says({.sequence = 1, .acknowledgment = 1, .window = 0});
    peer.writes(10);
    EXPECT_TRUE(peer.connection().close(peer.now()));
    EXPECT_EQ(peer.connection().state(), TcpState::FinWait1);
    EXPECT_TRUE(peer.hears_all().empty());
    peer.says({.sequence = 1, .acknowledgment = 1, .flags = {.fin = true}, .window = 0});
    EXPECT_EQ(peer.connection().state(), TcpState::Closing);
    (void)peer.hears_all().size();
    peer.says({.sequence = 2, .acknowledgment = 1, .window = 1000});
    const auto sent = peer.hears();
    EXPECT_EQ(sent->payload.size(), 10U);
    EXPECT_TRUE(sent->segment.flags.fin);
}

// Proves: MUST-20, SHLD-9, SHLD-10, SHLD-11
TEST(Closing, OfAnUnansweredConnectionIsAnnouncedAndThenHappens) {
    ScriptedPeer peer;
    peer.establish();
    peer.writes(100);
    (void)peer.hears_all().size();
    (void)peer.events().size();
    peer.passes(seconds(8));  // retransmitted after 1, 3 and 7 seconds
    EXPECT_EQ(count(peer.events(), EventKind::SlowPeer), 1);
    peer.passes(seconds(91));
    EXPECT_EQ(peer.connection().state(), TcpState::Established);
    peer.passes(seconds(220));
    EXPECT_EQ(peer.connection().failure(), Failure::TimedOut);
}

// Proves: MUST-21
TEST(Closing, HappensWhenTheProgramSays) {
    ScriptedPeer soon;
    soon.establish();
    soon.connection().set_user_timeout(seconds(7));
    soon.writes(100);
    soon.passes(milliseconds(6999));
    EXPECT_EQ(soon.connection().failure(), Failure::None);
    soon.passes(milliseconds(2));
    EXPECT_EQ(soon.connection().failure(), Failure::TimedOut);

    ScriptedPeer never;
    never.establish();
    never.connection().set_user_timeout(std::nullopt);
    never.writes(100);
    never.passes(hours(23));
    EXPECT_FALSE(never.passes(hours(1)).empty());
}

// Proves: MUST-24, MUST-25
TEST(KeepAlive, IsOffUnlessAskedFor) {
    ScriptedPeer off;
    off.establish();
    EXPECT_TRUE(off.passes(hours(24)).empty());
    Settings settings = rfc_settings();
    settings.keep_alive = true;
    ScriptedPeer on(settings);
    on.establish();
    EXPECT_FALSE(on.passes(hours(24)).empty());
}

// Proves: MUST-27, MUST-28, SHLD-12
TEST(KeepAlive, AsksAfterTwoHoursWithoutData) {
    Settings settings = rfc_settings();
    settings.keep_alive = true;
    ScriptedPeer peer(settings);
    peer.establish();
    EXPECT_TRUE(peer.passes(seconds(7199)).empty());
    const auto probes = peer.passes(seconds(1));
    ASSERT_EQ(probes.size(), 1U);
    EXPECT_EQ(probes[0].segment.sequence, 0U);
    EXPECT_TRUE(probes[0].payload.empty());
    EXPECT_TRUE(probes[0].segment.flags.ack);
}

// Proves: MUST-29
TEST(KeepAlive, DoesNotTakeOneLostAnswerForDeath) {
    Settings settings = rfc_settings();
    settings.keep_alive = true;
    ScriptedPeer peer(settings);
    peer.establish();
    peer.passes(seconds(7200 + 100));
    EXPECT_EQ(peer.connection().failure(), Failure::None);
    peer.says({.sequence = 1, .acknowledgment = 1});
    EXPECT_TRUE(peer.passes(seconds(7199)).empty());
    const auto sent = peer.passes(seconds(2000));
    EXPECT_EQ(peer.connection().failure(), Failure::TimedOut);
    EXPECT_EQ(sent.size(), 10U);  // nine probes and a RST
}

// Proves: MUST-26
TEST(KeepAlive, WaitsWhileSomethingIsInFlight) {
    Settings settings = rfc_settings();
    settings.keep_alive = true;
    settings.keep_alive_idle = seconds(1);
    settings.rto_initial = seconds(10);
    ScriptedPeer peer(settings);
    peer.establish();
    peer.writes(10);
    for (const SentSegment& sent : peer.passes(seconds(60))) {
        EXPECT_EQ(sent.payload.size(), 10U);
    }
}

}  // namespace
}  // namespace tcpdx::endpoint
