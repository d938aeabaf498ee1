#include "diagnosis/timer_evidence.h"

#include <gtest/gtest.h>

namespace tcpdx::diagnosis {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

std::optional<milliseconds> by(TimerKind kind, milliseconds left, std::uint8_t retransmits) {
    return waited_by_timer({.kind = kind, .expires = left, .retransmits = retransmits});
}

TEST(WaitedByTimer, AddsUpTheWaitsBefore) {
    // "on (0.10/3/0)": 0.2 + 0.4 + 0.8 s at least.
    EXPECT_EQ(by(TimerKind::Retransmit, milliseconds(100), 3), milliseconds(1400));
}

TEST(WaitedByTimer, TakesALongRunningWaitIntoAccount) {
    // "on (5.35/3/0)": a wait of 5.35 s after three doublings began with 0.67 s.
    EXPECT_GE(by(TimerKind::Retransmit, milliseconds(5350), 3), milliseconds(4600));
}

TEST(WaitedByTimer, ConcludesFromTheLengthOfAWindowProbe) {
    // "timer:(persist,37sec,0)" of an ss that does not count probes.
    EXPECT_EQ(by(TimerKind::ZeroWindow, seconds(37), 0), seconds(35));
}

TEST(WaitedByTimer, SaysNothingOfAFirstWait) {
    EXPECT_EQ(by(TimerKind::Retransmit, milliseconds(180), 0), milliseconds(0));
    EXPECT_EQ(by(TimerKind::Retransmit, seconds(37), 0), milliseconds(0));
    EXPECT_EQ(by(TimerKind::ZeroWindow, milliseconds(200), 0), milliseconds(0));
}

TEST(WaitedByTimer, SaysNothingOfOtherTimers) {
    EXPECT_EQ(by(TimerKind::Keepalive, seconds(7000), 0), std::nullopt);
    EXPECT_EQ(by(TimerKind::TimeWait, seconds(30), 0), std::nullopt);
    EXPECT_EQ(by(TimerKind::None, seconds(0), 0), std::nullopt);
}

TEST(WaitedByTimer, SurvivesAnyCount) {
    EXPECT_GE(by(TimerKind::Retransmit, seconds(100), 255), seconds(100));
}

}  // namespace
}  // namespace tcpdx::diagnosis
