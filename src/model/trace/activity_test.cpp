#include "model/trace/activity.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>

#include "model/trace/events_for_tests.h"

namespace tcpdx::trace {
namespace {

using namespace std::chrono_literals;
using enum TcpState;
using testing::ElementsAre;
using testing::Pair;

class ActivityTest : public testing::Test {
protected:
    void play(const std::vector<Event>& events) {
        for (const Event& event : events) {
            tracker_.apply(event);
        }
        tracker_.finish();
    }
    [[nodiscard]] const Activity& here() { return listener_.by_namespace()[7]; }

    ReasonNames names_{.resets = {"NOT_SPECIFIED", "NO_SOCKET"},
                       .drops = {"", "", "", "NETFILTER"}};
    ActivityListener listener_{names_};
    LifeTracker tracker_{{}, listener_};
    End client_{1, kClientEnd, kServerEnd};
};

TEST_F(ActivityTest, CountsFailedOpensByHowTheyFailed) {
    play({client_.change(1ms, Closed, SynSent),
          client_.event(EventKind::ResetReceived, 2ms, SynSent),
          with_error(client_.change(2ms, SynSent, Closed), ECONNREFUSED)});
    EXPECT_EQ(here().totals.opened_actively, 1U);
    EXPECT_EQ(here().totals.established, 0U);
    EXPECT_EQ(here().totals.endings(Ending::Refused), 1U);
    EXPECT_EQ(here().totals.resets_received, 1U);
}

TEST_F(ActivityTest, CountsConnectsPerDestination) {
    play({client_.change(1ms, Closed, SynSent),
          End(2, kClientEnd, kServerEnd).change(2ms, Closed, SynSent)});
    EXPECT_THAT(here().connects, ElementsAre(Pair(Destination{kClientEnd.address, kServerEnd}, 2)));
}

TEST_F(ActivityTest, CountsResetsAndDropsByTheKernelsNames) {
    Event reset = client_.event(EventKind::ResetSent, 1ms, Closed);
    reset.reason = 1;
    Event drop = client_.event(EventKind::PacketDropped, 2ms, Closed);
    drop.reason = 3;
    Event unnamed = drop;
    unnamed.reason = 70'000;
    play({reset, drop, unnamed});
    EXPECT_THAT(here().totals.resets_sent, ElementsAre(Pair("NO_SOCKET", 1)));
    EXPECT_THAT(here().totals.drops, ElementsAre(Pair("70000", 1), Pair("NETFILTER", 1)));
}

TEST_F(ActivityTest, KeepsNamespacesApart) {
    Event elsewhere = client_.change(1ms, Closed, SynSent);
    elsewhere.network_namespace = 8;
    play({elsewhere});
    EXPECT_EQ(here().totals.steps, 0U);
    EXPECT_EQ(listener_.by_namespace()[8].totals.steps, 1U);
}

TEST_F(ActivityTest, KnowsTheAgeOfAStateWhoseBeginningItSaw) {
    play({client_.change(1ms, Closed, SynSent), client_.change(2ms, SynSent, Established)});
    EXPECT_EQ(tracker_.age_of(1, Established, 5002ms), Age::exact(5s, AgeMethod::Watched));
    EXPECT_EQ(tracker_.opener_of(1), Opener::Active);
}

TEST_F(ActivityTest, DoesNotKnowTheAgeOfAnotherStateOrOfAnOlderConnection) {
    play({client_.change(1ms, Closed, SynSent), client_.change(2ms, SynSent, Established)});
    EXPECT_EQ(tracker_.age_of(1, CloseWait, 5002ms), std::nullopt);
    Connection listed{.local = kClientEnd, .remote = kServerEnd, .state = Established};
    listed.cookie = 9;
    tracker_.join({.network_namespace = 7, .connections = {&listed, 1}, .begun = 1s, .done = 1s});
    EXPECT_EQ(tracker_.age_of(9, Established, 2s), std::nullopt);
    EXPECT_EQ(tracker_.opener_of(9), Opener::Unknown);
}

}  // namespace
}  // namespace tcpdx::trace
