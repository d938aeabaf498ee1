#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "model/trace/events_for_tests.h"
#include "model/trace/life_tracker.h"

namespace tcpdx::trace {
namespace {

using namespace std::chrono_literals;
using enum TcpState;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

Connection listed(std::uint64_t cookie, TcpState state) {
    Connection connection{.local = kClientEnd, .remote = kServerEnd, .state = state};
    connection.cookie = cookie;
    connection.opener = Opener::Active;
    return connection;
}

class LifeSnapshots : public testing::Test {
protected:
    static Snapshot snapshot(const std::vector<Connection>& connections, Time at) {
        return {.network_namespace = 7,
                .connections = connections,
                .processes = {},
                .begun = at,
                .done = at + 10ms};
    }
    void join(const std::vector<Connection>& connections, Time at) {
        tracker_.join(snapshot(connections, at));
    }
    void compare(const std::vector<Connection>& connections, Time at) {
        tracker_.compare(snapshot(connections, at));
    }
    void settle(Time at) {
        tracker_.settle();
        tracker_.advance(at + 1s);
    }

    Told told_;
    LifeTracker tracker_{{}, told_};
    End client_{1, kClientEnd, kServerEnd};
};

TEST_F(LifeSnapshots, WhatIsThereAlreadyIsNoStep) {
    join({listed(1, Established)}, 1s);
    tracker_.advance(2s);
    EXPECT_THAT(told_.steps, IsEmpty());
    EXPECT_EQ(tracker_.open_lives(), 1U);
}

TEST_F(LifeSnapshots, GoesOnFromTheSnapshot) {
    join({listed(1, Established)}, 1s);
    tracker_.apply(client_.change(2s, Established, FinWait1));
    tracker_.advance(3s);
    EXPECT_THAT(told_.steps, ElementsAre("ESTABLISHED > FIN-WAIT-1"));
}

TEST_F(LifeSnapshots, AnEventFromDuringTheListingIsNeitherLostNorDoubled) {
    // The listing came after the change, but the event is read after the listing.
    join({listed(1, FinWait1)}, 1s);
    tracker_.apply(client_.change(1005ms, Established, FinWait1));
    tracker_.apply(client_.change(2s, FinWait1, FinWait2));
    tracker_.advance(3s);
    EXPECT_THAT(told_.steps, ElementsAre("ESTABLISHED > FIN-WAIT-1", "FIN-WAIT-1 > FIN-WAIT-2"));
    bool flawed = false;
    tracker_.for_each_open([&](const Life& life) {
        for (const Step& step : life.steps()) {
            flawed = flawed || step.flaw != Flaw::None;
        }
    });
    EXPECT_FALSE(flawed);
}

TEST_F(LifeSnapshots, LiveKnowledgeWinsOverAListing) {
    tracker_.apply(client_.change(1ms, Closed, SynSent));
    tracker_.apply(client_.change(2ms, SynSent, Established));
    join({listed(1, SynSent)}, 1s);
    tracker_.advance(2s);
    EXPECT_THAT(told_.steps, ElementsAre("CLOSED > SYN-SENT", "SYN-SENT > ESTABLISHED"));
    EXPECT_EQ(tracker_.open_lives(), 1U);
}

TEST_F(LifeSnapshots, TheAgeOfTheListingBoundsWhenTheStateBegan) {
    Connection connection = listed(1, Established);
    connection.age = Age::between(300ms, 400ms, AgeMethod::LastDataEither);
    join({connection}, 1s);
    tracker_.apply(client_.change(2s, Established, CloseWait));
    tracker_.advance(3s);
    Dwell dwell;
    tracker_.for_each_open([&](const Life& life) { dwell = dwell_in(life, 0, {}); });
    EXPECT_EQ(dwell.lower, 2s - (1010ms - 300ms));
    EXPECT_EQ(dwell.upper, 2s - (1000ms - 400ms));
}

TEST_F(LifeSnapshots, AnUnknownAgeLeavesTheDwellWithoutAnUpperBound) {
    join({listed(1, Established)}, 1s);
    tracker_.apply(client_.change(2s, Established, CloseWait));
    Dwell dwell;
    tracker_.for_each_open([&](const Life& life) { dwell = dwell_in(life, 0, {}); });
    EXPECT_TRUE(dwell.lower);
    EXPECT_FALSE(dwell.upper);
}

TEST_F(LifeSnapshots, RepairsWhatALossHid) {
    tracker_.apply(client_.change(1ms, Closed, SynSent));
    tracker_.apply(client_.change(2ms, SynSent, Established));
    compare({listed(1, CloseWait)}, 1s);
    settle(1s);
    EXPECT_EQ(told_.steps.back(), "ESTABLISHED > CLOSE-WAIT");
    bool complete = true;
    tracker_.for_each_open([&](const Life& life) { complete = life.complete(); });
    EXPECT_FALSE(complete);
}

TEST_F(LifeSnapshots, AnEventThatWasOnlyLateNeedsNoRepair) {
    tracker_.apply(client_.change(1ms, Closed, SynSent));
    tracker_.apply(client_.change(2ms, SynSent, Established));
    compare({listed(1, CloseWait)}, 1s);
    tracker_.apply(client_.change(1001ms, Established, CloseWait));
    settle(1s);
    bool complete = false;
    tracker_.for_each_open([&](const Life& life) { complete = life.complete(); });
    EXPECT_TRUE(complete);
}

TEST_F(LifeSnapshots, WhatIsNotListedAnyMoreHasEndedUnseen) {
    tracker_.apply(client_.change(1ms, Closed, SynSent));
    tracker_.apply(client_.change(2ms, SynSent, Established));
    compare({}, 1s);
    settle(1s);
    ASSERT_THAT(told_.lives, SizeIs(1));
    EXPECT_EQ(told_.lives.front().ending, Ending::Unseen);
    EXPECT_EQ(told_.lives.front().last().earliest, 2ms);
    EXPECT_EQ(told_.lives.front().last().latest, 1010ms);
}

TEST_F(LifeSnapshots, WhatAgreesNeedsNoRow) {
    End other{2, kClientEnd, {kServerEnd.address, 444}};
    for (const End* end : {&client_, &other}) {
        tracker_.apply(end->change(2ms, Closed, SynSent));
        tracker_.apply(end->change(3ms, SynSent, Established));
    }
    tracker_.advance(1s);
    const std::vector<std::uint64_t> agreeing{1};
    Snapshot seen = snapshot({}, 1s);
    seen.agreeing = agreeing;
    tracker_.compare(seen);
    settle(1s);
    ASSERT_THAT(told_.lives, SizeIs(1));
    EXPECT_EQ(told_.lives.front().cookie, 2U);
    EXPECT_EQ(tracker_.open_state(1), Established);
}

TEST_F(LifeSnapshots, OtherNamespacesAreNotMissed) {
    tracker_.apply(client_.change(1ms, Closed, SynSent));
    Snapshot elsewhere = snapshot({}, 1s);
    elsewhere.network_namespace = 8;
    tracker_.compare(elsewhere);
    settle(1s);
    EXPECT_THAT(told_.lives, IsEmpty());
}

TEST_F(LifeSnapshots, EntersATimeWaitThatMadeNoEvent) {
    tracker_.apply(client_.change(1ms, Closed, SynSent));
    tracker_.apply(client_.change(2ms, SynSent, Established));
    tracker_.apply(client_.change(3ms, Established, FinWait1));
    tracker_.apply(client_.change(4ms, FinWait1, FinWait2));
    tracker_.apply(client_.event(EventKind::TimeWaitStarted, 4ms, FinWait2));
    tracker_.advance(500ms);
    ASSERT_TRUE(tracker_.lacks_time_waits());
    Connection connection = listed(1, TimeWait);
    connection.kind = SocketKind::TimeWaitSocket;
    connection.age = Age::exact(100ms, AgeMethod::KernelTimestamp);
    const std::vector<Connection> connections{connection};
    tracker_.enter_time_waits(snapshot(connections, 500ms));
    tracker_.advance(600ms);
    EXPECT_EQ(told_.steps.back(), "FIN-WAIT-2 > TIME-WAIT");
    EXPECT_FALSE(tracker_.lacks_time_waits());
}

TEST_F(LifeSnapshots, AMiniSocketThatIsNotThereAnyMoreHasEndedUnseen) {
    tracker_.apply(client_.change(3ms, Established, FinWait1));
    tracker_.apply(client_.change(4ms, FinWait1, FinWait2));
    tracker_.apply(client_.event(EventKind::TimeWaitStarted, 4ms, FinWait2));
    tracker_.enter_time_waits(snapshot({}, 500ms));
    settle(500ms);
    ASSERT_THAT(told_.lives, SizeIs(1));
    EXPECT_EQ(told_.lives.front().ending, Ending::Unseen);
    EXPECT_FALSE(tracker_.lacks_time_waits());
}

TEST_F(LifeSnapshots, AMiniSocketWhoseEndIsOnlyReadAfterTheListingEndedAsItSays) {
    tracker_.apply(client_.change(3ms, Established, FinWait1));
    tracker_.apply(client_.change(4ms, FinWait1, FinWait2));
    tracker_.apply(client_.event(EventKind::TimeWaitStarted, 4ms, FinWait2));
    tracker_.enter_time_waits(snapshot({}, 500ms));
    tracker_.apply(client_.event(EventKind::TimeWaitExpired, 499ms, FinWait2));
    settle(500ms);
    ASSERT_THAT(told_.lives, SizeIs(1));
    EXPECT_EQ(told_.lives.front().ending, Ending::Orphaned);
}

TEST_F(LifeSnapshots, ATimeWaitThatOutlivedItsTimerLacksItsEnd) {
    tracker_.apply(client_.change(3ms, FinWait1, FinWait2));
    tracker_.apply(client_.event(EventKind::TimeWaitStarted, 4ms, TimeWait));
    tracker_.advance(65s);
    EXPECT_FALSE(tracker_.lacks_ends());
    tracker_.advance(67s);
    EXPECT_TRUE(tracker_.lacks_ends());
}

TEST(SampledLives, ShowStepsBetweenTwoListingsWithTheirBounds) {
    Told told;
    LifeTracker tracker({.samples_only = true}, told);
    std::vector<Connection> connections{listed(1, Established)};
    const auto look = [&](Time at, auto purpose) {
        (tracker.*purpose)({.network_namespace = 7,
                            .connections = connections,
                            .processes = {},
                            .begun = at,
                            .done = at + 10ms});
        tracker.settle();
        tracker.advance(at + 100ms);
    };
    look(1s, &LifeTracker::join);
    connections[0].state = CloseWait;
    look(2s, &LifeTracker::compare);
    EXPECT_THAT(told.steps, ElementsAre("ESTABLISHED > CLOSE-WAIT"));
    EXPECT_THAT(told.causes, ElementsAre("FIN received"));
    tracker.for_each_open([&](const Life& life) {
        EXPECT_EQ(life.last().earliest, 1s);
        EXPECT_EQ(life.last().latest, 2s + 10ms);
    });
    connections[0].state = FinWait2;  // cannot be reached from there in one step
    look(3s, &LifeTracker::compare);
    tracker.for_each_open(
        [&](const Life& life) { EXPECT_EQ(life.last().flaw, Flaw::StepsMissed); });
}

}  // namespace
}  // namespace tcpdx::trace
