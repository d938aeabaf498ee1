// RFC 9293, 3.8.6: windows, probes, silly windows, delayed acknowledgments; 3.7.4: Nagle; 3.8.5:
// urgent data.

#include <gtest/gtest.h>

#include <algorithm>

#include "endpoint/scripted_peer.h"
#include "wire/sequence.h"

namespace tcpdx::endpoint {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr wire::TcpOptions kMss1000{.max_segment_size = 1000};

// Proves: MUST-34, SHLD-15, SHLD-16
TEST(Window, MayShrinkUnderTheSender) {
    ScriptedPeer peer;
    peer.establish(kMss1000);
    peer.writes(6000);
    EXPECT_EQ(peer.hears_all().size(), 4U);  // the initial window
    peer.says({.sequence = 1, .acknowledgment = 1001, .window = 500});
    EXPECT_TRUE(peer.hears_all().empty());
    const auto again = peer.passes(seconds(1));
    ASSERT_EQ(again.size(), 1U);
    EXPECT_EQ(again[0].segment.sequence, 1001U);
    EXPECT_EQ(again[0].payload.size(), 500U);
}

// Proves: SHLD-17, MUST-37
TEST(Window, ThatStaysClosedKeepsTheConnectionWhileProbesAreAnswered) {
    ScriptedPeer peer;
    peer.establish(kMss1000);
    peer.says({.sequence = 1, .acknowledgment = 1, .window = 0});
    peer.writes(100);
    std::size_t probes = 0;
    for (int i = 0; i < 30 * 24 * 30; ++i) {  // thirty days in steps of two minutes
        probes += peer.passes(seconds(120)).size();
        peer.says({.sequence = 1, .acknowledgment = 1, .window = 0});
    }
    EXPECT_GE(probes, 30U * 24 * 30 - 10);
    EXPECT_EQ(peer.connection().failure(), Failure::None);
    peer.passes(hours(1));  // and now nobody answers
    EXPECT_EQ(peer.connection().failure(), Failure::TimedOut);
}

// Proves: MUST-35, MUST-36, SHLD-29, SHLD-30
TEST(Window, ThatIsClosedIsProbedMoreAndMoreSlowly) {
    ScriptedPeer peer;
    peer.establish(kMss1000);
    peer.says({.sequence = 1, .acknowledgment = 1, .window = 0});
    peer.writes(100);
    const Time start = peer.now();
    std::vector<std::int64_t> at;
    for (int i = 0; i < 5; ++i) {
        const auto next = peer.connection().next_deadline();
        ASSERT_TRUE(next);
        const auto sent = peer.passes(*next - peer.now());
        ASSERT_EQ(sent.size(), 1U);
        EXPECT_EQ(sent[0].payload.size(), 1U);
        EXPECT_EQ(sent[0].segment.sequence, 1U);
        at.push_back(std::chrono::duration_cast<seconds>(peer.now() - start).count());
        peer.says({.sequence = 1, .acknowledgment = 1, .window = 0});
    }
    EXPECT_EQ(at, (std::vector<std::int64_t>{1, 3, 7, 15, 31}));
    peer.says({.sequence = 1, .acknowledgment = 2, .window = 1000});  // the probe's octet was taken
    const auto rest = peer.hears();
    EXPECT_EQ(rest->segment.sequence, 2U);
    EXPECT_EQ(rest->payload.size(), 99U);
}

TEST(Window, OfTheLinuxProfileIsProbedWithoutData) {
    ScriptedPeer peer(linux_settings());
    peer.establish(kMss1000);
    peer.says({.sequence = 1, .acknowledgment = 1, .window = 0});
    peer.writes(100);
    const auto probes = peer.passes(seconds(1));
    ASSERT_FALSE(probes.empty());
    EXPECT_TRUE(probes[0].payload.empty());
    EXPECT_EQ(probes[0].segment.sequence, 0U);
}

// Proves: MAY-8, SHLD-14, MUST-66
TEST(Window, OfOursThatIsFullLosesNothingAndStillHearsResets) {
    Settings settings = rfc_settings();
    settings.receive_buffer = 1000;
    ScriptedPeer peer(settings);
    peer.establish();
    peer.says({.sequence = 1, .acknowledgment = 1, .payload = 1000});
    EXPECT_EQ(peer.passes(seconds(1)).back().segment.window, 0);
    peer.says({.sequence = 1001, .acknowledgment = 1, .payload = 1});  // a probe
    const auto answer = peer.hears();
    EXPECT_EQ(answer->segment.acknowledgment, 1001U);
    EXPECT_EQ(answer->segment.window, 0);
    peer.says({.sequence = 1001,
               .acknowledgment = 1,
               .flags = {.urg = true},
               .payload = 1,
               .urgent_pointer = 5});
    EXPECT_EQ(peer.connection().urgent_bytes(), 1005U);
    EXPECT_EQ(peer.reads(2000), 1000U);
    peer.says({.sequence = 1001, .flags = {.rst = true}});
    EXPECT_EQ(peer.connection().failure(), Failure::Reset);
}

// Proves: MUST-39
TEST(Window, IsOpenedInStepsThatAreWorthIt) {
    Settings settings = rfc_settings();
    settings.receive_buffer = 8000;
    ScriptedPeer peer(settings);
    peer.establish();
    for (std::uint32_t sent = 0; sent < 8000; sent += 1000) {
        peer.says({.sequence = 1 + sent, .acknowledgment = 1, .payload = 1000});
    }
    (void)peer.passes(seconds(1)).size();
    std::vector<std::uint16_t> offered{0};
    for (int i = 0; i < 8000; ++i) {
        peer.reads(1);
        if (i == 700) {
            peer.says({.sequence = 8001, .acknowledgment = 1, .payload = 1});  // a probe, refused
        }
        for (const SentSegment& sent : peer.hears_all()) {
            if (sent.segment.window != offered.back()) {
                EXPECT_GE(sent.segment.window - offered.back(), 1460);
                offered.push_back(sent.segment.window);
            }
        }
    }
    EXPECT_GE(offered.size(), 3U);
}

// Proves: MUST-38
TEST(SillyWindow, IsNotFilledWithSmallSegments) {
    ScriptedPeer peer;
    peer.establish(kMss1000, 2000);
    peer.writes(50000);
    EXPECT_EQ(peer.hears_all().size(), 2U);
    for (std::uint16_t window = 100; window < 900;
         window = static_cast<std::uint16_t>(window + 100)) {
        peer.says({.sequence = 1, .acknowledgment = 2001, .window = window});
        EXPECT_TRUE(peer.hears_all().empty()) << window;
    }
    peer.says({.sequence = 1, .acknowledgment = 2001, .window = 1000});
    EXPECT_EQ(peer.hears()->payload.size(), 1000U);
}

// Proves: MUST-60
TEST(SillyWindow, DoesNotHoldDataBackForEver) {
    ScriptedPeer peer;
    peer.establish(kMss1000, 2000);
    peer.writes(2100);
    (void)peer.hears_all().size();
    peer.says({.sequence = 1, .acknowledgment = 2001, .window = 50});
    EXPECT_TRUE(peer.hears_all().empty());
    const auto sent = peer.passes(seconds(1));
    ASSERT_FALSE(sent.empty());
    EXPECT_EQ(sent[0].payload.size(), 50U);
}

// Proves: SHLD-7
TEST(Nagle, HoldsASmallSegmentWhileAnotherIsUnacknowledged) {
    ScriptedPeer peer;
    peer.establish(kMss1000);
    peer.writes(10);
    EXPECT_EQ(peer.hears_all().size(), 1U);
    peer.writes(10);
    EXPECT_TRUE(peer.hears_all().empty());
    peer.says({.sequence = 1, .acknowledgment = 11});
    EXPECT_EQ(peer.hears()->payload.size(), 10U);
    peer.writes(1500);  // a full segment goes, its rest waits
    EXPECT_EQ(peer.hears_all().size(), 1U);
}

// Proves: MUST-17
TEST(Nagle, CanBeSwitchedOff) {
    ScriptedPeer peer;
    peer.establish(kMss1000);
    peer.connection().set_nagle(false, peer.now());
    for (int i = 0; i < 3; ++i) {
        peer.writes(10);
        EXPECT_EQ(peer.hears_all().size(), 1U);
    }
}

// Proves: MUST-61, SHLD-27, SHLD-28
TEST(Push, IsOnTheLastSegmentOfWhatThereIs) {
    ScriptedPeer peer;
    peer.establish(kMss1000);
    for (int i = 0; i < 10; ++i) {
        peer.writes(250);
    }
    const auto sent = peer.hears_all();
    ASSERT_EQ(sent.size(), 3U);
    EXPECT_FALSE(sent[0].segment.flags.psh);
    EXPECT_FALSE(sent[1].segment.flags.psh);
    EXPECT_TRUE(sent[2].segment.flags.psh);
}

// Proves: SHLD-18, MUST-40
TEST(DelayedAck, WaitsForASecondSegmentButNotLong) {
    ScriptedPeer peer;
    peer.establish();
    peer.says({.sequence = 1, .acknowledgment = 1, .payload = 500});
    EXPECT_TRUE(peer.hears_all().empty());
    EXPECT_EQ(peer.passes(milliseconds(499)).size(), 1U);
}

// Proves: SHLD-19, 5681-ACK
TEST(DelayedAck, ComesAtTheLatestWithEverySecondSegment) {
    ScriptedPeer peer;
    peer.establish();
    std::size_t acknowledgments = 0;
    for (std::uint32_t i = 0; i < 20; ++i) {
        peer.says({.sequence = 1 + i * 536, .acknowledgment = 1, .payload = 536});
        acknowledgments += peer.hears_all().size();
    }
    EXPECT_EQ(acknowledgments, 10U);
}

// Proves: MUST-58, MUST-59
TEST(DelayedAck, IsOneForABatchOfSegments) {
    ScriptedPeer peer;
    peer.establish();
    for (std::uint32_t i = 0; i < 20; ++i) {
        peer.says({.sequence = 1 + i * 536, .acknowledgment = 1, .payload = 536});
    }
    const auto sent = peer.hears_all();
    ASSERT_EQ(sent.size(), 1U);
    EXPECT_EQ(sent[0].segment.acknowledgment, 1U + 20 * 536);
}

// Proves: SHLD-31
TEST(Reassembly, PutsEveryOrderOfSegmentsTogether) {
    std::array<std::uint32_t, 5> order{0, 1, 2, 3, 4};
    do {
        ScriptedPeer peer;
        peer.establish();
        for (const std::uint32_t place : order) {
            peer.says({.sequence = 1 + place * 100, .acknowledgment = 1, .payload = 100});
        }
        std::array<std::byte, 1000> room{};
        ASSERT_EQ(peer.connection().read(room, peer.now()), 500U);
        for (std::uint32_t i = 0; i < 500; ++i) {
            ASSERT_EQ(room[i], ScriptedPeer::byte_at(1 + i));
        }
    } while (std::next_permutation(order.begin(), order.end()));
}

TEST(Reassembly, TakesTheFinOnlyBehindEverythingBeforeIt) {
    ScriptedPeer peer;
    peer.establish();
    peer.says({.sequence = 101, .acknowledgment = 1, .flags = {.fin = true}, .payload = 50});
    EXPECT_EQ(peer.connection().state(), TcpState::Established);
    peer.says({.sequence = 1, .acknowledgment = 1, .payload = 100});
    EXPECT_EQ(peer.connection().state(), TcpState::CloseWait);
    EXPECT_EQ(peer.reads(1000), 150U);
    EXPECT_EQ(peer.hears_all().back().segment.acknowledgment, 152U);
}

// Proves: MUST-30, MUST-31, MUST-62
TEST(Urgent, PointsBehindTheUrgentDataHoweverMuchItIs) {
    Settings settings = rfc_settings();
    settings.send_buffer = 300000;
    settings.initial_window_segments = 300;
    ScriptedPeer peer(settings);
    peer.establish({.max_segment_size = 1460, .window_shift = 8});
    EXPECT_EQ(peer.writes(200000, true), 200000U);
    for (const SentSegment& sent : peer.hears_all()) {
        EXPECT_TRUE(sent.segment.flags.urg);
        EXPECT_EQ(sent.segment.urgent_pointer, std::min(200001U - sent.segment.sequence, 0xffffU));
    }
}

// Proves: MUST-32, MUST-33
TEST(Urgent, IsAnnouncedOnceForEachAdvance) {
    ScriptedPeer peer;
    peer.establish();
    const auto announced = [&peer] {
        int found = 0;
        for (const Event& event : peer.events()) {
            found += event.kind == EventKind::Urgent ? 1 : 0;
        }
        return found;
    };
    (void)announced();
    const ScriptedPeer::Says urgent{
        .sequence = 1, .acknowledgment = 1, .flags = {.urg = true}, .urgent_pointer = 20};
    peer.says(urgent);
    EXPECT_EQ(announced(), 1);
    peer.says(urgent);
    EXPECT_EQ(announced(), 0);
    peer.says({.sequence = 1,
               .acknowledgment = 1,
               .flags = {.urg = true},
               .payload = 10,
               .urgent_pointer = 30});
    EXPECT_EQ(announced(), 1);
    EXPECT_EQ(peer.connection().urgent_bytes(), 30U);
    EXPECT_EQ(peer.reads(10), 10U);
    EXPECT_EQ(peer.connection().urgent_bytes(), 20U);
}

// RFC 9293, 3.10.7.4: SND.WL1 and SND.WL2.
TEST(Window, OfAnOldSegmentIsNotBelieved) {
    ScriptedPeer peer;
    peer.establish(kMss1000);
    peer.says({.sequence = 1, .acknowledgment = 1, .window = 5000, .payload = 10});
    peer.says({.sequence = 11, .acknowledgment = 1, .window = 7000});
    EXPECT_EQ(peer.connection().sender().window(), 7000U);
    peer.says({.sequence = 5, .acknowledgment = 1, .window = 100, .payload = 10});
    EXPECT_EQ(peer.connection().sender().window(), 7000U);
}

}  // namespace
}  // namespace tcpdx::endpoint
