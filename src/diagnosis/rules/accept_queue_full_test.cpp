#include "diagnosis/rules/accept_queue_full.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "diagnosis/rules/situation_builder.h"

namespace tcpdx::diagnosis {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::SituationBuilder;
using ::testing::SizeIs;

class AcceptQueueFull : public ::testing::Test {
protected:
    SituationBuilder builder;
    std::uint32_t nginx = builder.process("nginx");

    AcceptQueueFull() {
        add_listener(nginx);
        builder.now.options.set("net.core.somaxconn", "4096");
    }
    void add_listener(std::uint32_t process) {
        Connection listener = testing::connection_in(TcpState::Listen, process);
        listener.local.address = IpAddress::any(IpFamily::V4);
        listener.remote = {};
        listener.accept_queue = 129;
        listener.backlog_limit = 128;
        listener.drops = 7;
        listener.cookie = 100 + builder.now.connections.size();
        builder.add(listener);
    }
    void add_waiting(milliseconds age, std::uint64_t cookie = 1) {
        Connection waiting = testing::connection_in(TcpState::Established);
        waiting.owner = {.kind = OwnerKind::NeverAccepted, .process = nginx};
        waiting.opener = Opener::Passive;
        waiting.age = testing::exactly(age);
        waiting.cookie = cookie;
        builder.add(waiting);
    }
    // The same sockets two seconds before, with `queue` waiting and `drops` counted.
    void looked_before(std::uint32_t queue, std::uint32_t drops) {
        builder.second_look(seconds(2));
        builder.earlier.connections = builder.now.connections;
        builder.earlier.connections[0].accept_queue = queue;
        builder.earlier.connections[0].drops = drops;
    }
    Connection& listener() { return builder.now.connections.front(); }
    std::vector<Finding> findings() const { return builder.run(kAcceptQueueFull); }
    std::string advice() const {
        std::string all;
        for (const Finding& finding : findings()) {
            for (const Message& message : finding.advice) {
                all += message.text;
            }
        }
        return all;
    }
};

TEST_F(AcceptQueueFull, ReportsAQueueThatHoldsOneMoreThanItsLimit) {
    ASSERT_THAT(findings(), SizeIs(1));
    EXPECT_EQ(findings()[0].severity, Severity::Problem);
    EXPECT_THAT(findings()[0].claim.text, HasSubstr("is full"));
}

TEST_F(AcceptQueueFull, IsSilentAtTheLimitSinceOneMoreFits) {
    listener().accept_queue = 128;
    EXPECT_THAT(findings(), IsEmpty());
}

TEST_F(AcceptQueueFull, KnowsThatABacklogOfZeroTakesOne) {
    listener().backlog_limit = 0;
    listener().accept_queue = 1;
    EXPECT_THAT(findings(), SizeIs(1));
}

TEST_F(AcceptQueueFull, IsSilentWhenQueueOrLimitIsUnknown) {
    listener().backlog_limit.reset();
    EXPECT_THAT(findings(), IsEmpty());
    listener().backlog_limit = 128;
    listener().accept_queue.reset();
    EXPECT_THAT(findings(), IsEmpty());
}

TEST_F(AcceptQueueFull, OnlyWarnsWhileTheQueueHasBeenFullForAMoment) {
    add_waiting(milliseconds(200));
    ASSERT_THAT(findings(), SizeIs(1));
    EXPECT_EQ(findings()[0].severity, Severity::Warning);
}

TEST_F(AcceptQueueFull, SaysHowLongTheOldestClientHasWaited) {
    add_waiting(seconds(40));
    ASSERT_THAT(findings(), SizeIs(1));
    EXPECT_EQ(findings()[0].severity, Severity::Problem);
    EXPECT_EQ(findings()[0].since.lower, seconds(40));
    EXPECT_THAT(findings()[0].connections, SizeIs(2));
}

TEST_F(AcceptQueueFull, BlamesTheProgramsBacklogWhenItIsBelowSomaxconn) {
    EXPECT_THAT(advice(), HasSubstr("Raising net.core.somaxconn does nothing"));
}

TEST_F(AcceptQueueFull, WantsBothRaisedWhenTheLimitIsSomaxconn) {
    builder.now.options.set("net.core.somaxconn", "128");
    EXPECT_THAT(advice(), HasSubstr("raise net.core.somaxconn and the program's backlog"));
}

TEST_F(AcceptQueueFull, NamesAMissingDescriptorAsTheReason) {
    builder.now.processes[nginx].open_descriptors = 1024;
    builder.now.processes[nginx].descriptor_limit = 1024;
    EXPECT_THAT(advice(), HasSubstr("EMFILE"));
}

TEST_F(AcceptQueueFull, NamesTheStuckOneAmongListenersThatShareAPort) {
    add_listener(builder.process("nginx", 43));
    builder.now.connections.back().accept_queue = 0;
    ASSERT_THAT(findings(), SizeIs(1));
    EXPECT_THAT(findings()[0].claim.text, HasSubstr("one of {1} listeners"));
    EXPECT_EQ(findings()[0].claim.values[1], Value(std::int64_t{2}));
}

TEST_F(AcceptQueueFull, ReportsAnOverflowBetweenTwoLooks) {
    listener().accept_queue = 0;
    looked_before(0, 3);
    builder.counter("TcpExtListenOverflows", 10, 14);
    ASSERT_THAT(findings(), SizeIs(1));
    EXPECT_EQ(findings()[0].severity, Severity::Problem);
    EXPECT_EQ(findings()[0].claim.values[1], Value(std::int64_t{4}));
}

// No route back and a full half-open queue count as drops of the listener too.
TEST_F(AcceptQueueFull, TakesDropsWithoutOverflowsForSomethingElse) {
    listener().accept_queue = 0;
    looked_before(0, 3);
    builder.counter("TcpExtListenOverflows", 10, 10);
    EXPECT_THAT(findings(), IsEmpty());
}

TEST_F(AcceptQueueFull, ListsTheCandidatesWhenOverflowsAreNotCounted) {
    listener().accept_queue = 0;
    looked_before(0, 3);
    ASSERT_THAT(findings(), SizeIs(1));
    EXPECT_EQ(findings()[0].severity, Severity::Warning);
    EXPECT_THAT(findings()[0].candidates, SizeIs(3));
}

TEST_F(AcceptQueueFull, WarnsOfSlowAcceptingWhenOneClientWaitsInBothLooks) {
    listener().accept_queue = 1;
    add_waiting(seconds(2));
    looked_before(1, 7);
    ASSERT_THAT(findings(), SizeIs(1));
    EXPECT_EQ(findings()[0].severity, Severity::Warning);
    EXPECT_THAT(findings()[0].claim.text, HasSubstr("slowly"));
}

TEST_F(AcceptQueueFull, LeavesALongWaitToEstablishedNeverAccepted) {
    listener().accept_queue = 1;
    add_waiting(seconds(5));
    looked_before(1, 7);
    EXPECT_THAT(findings(), IsEmpty());
}

TEST_F(AcceptQueueFull, TakesDifferentClientsInBothLooksForABusyServer) {
    listener().accept_queue = 1;
    add_waiting(milliseconds(1), 1);
    looked_before(1, 7);
    builder.now.connections.back().cookie = 2;
    EXPECT_THAT(findings(), IsEmpty());
}

TEST_F(AcceptQueueFull, TakesAQueueInOnlyOneLookForABusyServer) {
    listener().accept_queue = 1;
    add_waiting(seconds(2));
    looked_before(0, 7);
    EXPECT_THAT(findings(), IsEmpty());
}

TEST_F(AcceptQueueFull, ReportsOverflowsThatNoListenerShows) {
    listener().accept_queue = 0;
    listener().drops.reset();
    builder.counter("TcpExtListenOverflows", 10, 14);
    ASSERT_THAT(findings(), SizeIs(1));
    EXPECT_EQ(findings()[0].severity, Severity::Warning);
    EXPECT_THAT(findings()[0].unknown, SizeIs(1));
}

TEST_F(AcceptQueueFull, DoesNotTakeATotalSinceBootForSomethingNew) {
    listener().accept_queue = 0;
    builder.now.counters.set("TcpExtListenOverflows", 667399);
    EXPECT_THAT(findings(), IsEmpty());
    builder.asked.explain_harmless = true;
    ASSERT_THAT(findings(), SizeIs(1));
    EXPECT_EQ(findings()[0].severity, Severity::Information);
}

TEST_F(AcceptQueueFull, LeavesOutPortsThatWereNotAskedAbout) {
    builder.asked.port = 22;
    EXPECT_THAT(findings(), IsEmpty());
}

TEST_F(AcceptQueueFull, IgnoresOtherStates) {
    listener().state = TcpState::Established;
    EXPECT_THAT(findings(), IsEmpty());
}

TEST_F(AcceptQueueFull, MentionsInAPasteThatSomebodyWaits) {
    listener().accept_queue = 3;
    listener().backlog_limit.reset();
    EXPECT_THAT(findings(), IsEmpty());
    builder.now.paste = Paste{.system = HostSystem::Linux};
    ASSERT_THAT(findings(), SizeIs(1));
    EXPECT_EQ(findings()[0].severity, Severity::Information);
}

TEST_F(AcceptQueueFull, KnowsAFullQueueOfNetstatByItsNumber) {
    listener().backlog_limit.reset();
    builder.now.paste = Paste{.system = HostSystem::Linux};
    ASSERT_THAT(findings(), SizeIs(1));
    EXPECT_EQ(findings()[0].severity, Severity::Warning);
    EXPECT_THAT(findings()[0].claim.text, HasSubstr("looks full"));
    listener().accept_queue = 137;
    EXPECT_EQ(findings()[0].severity, Severity::Information);
}

TEST_F(AcceptQueueFull, TakesClientsThatGaveUpForASecondSign) {
    listener().backlog_limit.reset();
    listener().accept_queue = 6;
    builder.now.paste = Paste{.system = HostSystem::Linux};
    EXPECT_EQ(findings()[0].severity, Severity::Information);
    builder.add(testing::connection_in(TcpState::CloseWait));
    EXPECT_EQ(findings()[0].severity, Severity::Warning);
}

TEST_F(AcceptQueueFull, TellsOfOldOverflowsInAPasteOfCounters) {
    builder.now.connections.clear();
    builder.now.paste = Paste{.system = HostSystem::Linux};
    builder.now.counters.set("TcpExtListenOverflows", 667399);
    ASSERT_THAT(findings(), SizeIs(1));
    EXPECT_EQ(findings()[0].severity, Severity::Information);
}

TEST_F(AcceptQueueFull, DoesNotSayThatNoQueueIsFullWhereTheirLimitsAreNotKnown) {
    builder.now.connections.clear();
    builder.add(testing::connection_in(TcpState::Listen)).accept_queue = 2;
    builder.now.counters.set("TcpExtListenOverflows", 8);
    builder.asked.explain_harmless = true;
    ASSERT_THAT(findings(), SizeIs(1));
    EXPECT_THAT(findings()[0].claim.text, Not(HasSubstr("no queue is full")));
    EXPECT_THAT(findings()[0].unknown, SizeIs(2));
}

}  // namespace
}  // namespace tcpdx::diagnosis
