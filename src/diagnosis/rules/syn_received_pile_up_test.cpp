#include "diagnosis/rules/syn_received_pile_up.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "diagnosis/rules/situation_builder.h"

namespace tcpdx::diagnosis {
namespace {

using std::chrono::seconds;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::SituationBuilder;
using ::testing::SizeIs;

class SynReceivedPileUp : public ::testing::Test {
protected:
    SituationBuilder builder;

    SynReceivedPileUp() {
        builder.limits.many_half_open = 4;
        Connection listener = testing::connection_in(TcpState::Listen, builder.process("nginx"));
        listener.accept_queue = 0;
        listener.backlog_limit = 128;
        builder.add(listener);
        for (std::uint8_t i = 1; i <= 4; ++i) {
            Connection& request = builder.add(testing::connection_in(TcpState::SynReceived));
            request.kind = SocketKind::RequestSocket;
            request.remote.address = IpAddress::v4(0xc6336400U + i);
            request.age = testing::exactly(seconds(3));
            request.timer = Timer{.kind = TimerKind::Retransmit, .retransmits = 1};
        }
    }
    Connection& listener() { return builder.now.connections.front(); }
    template <class Change>
    void each_request(Change change) {
        for (Connection& connection : builder.now.connections) {
            if (connection.state == TcpState::SynReceived) {
                change(connection);
            }
        }
    }
    void not_repeated() {
        each_request([](Connection& request) { request.timer->retransmits = 0; });
    }
    // The timers ran, nothing was repeated, and packets never left: facts, row j1.
    void own_answers_dropped() {
        not_repeated();
        for (const char* name : {"IpForwDatagrams", "IpOutDiscards", "IpFragCreates", "IpFragOKs",
                                 "IpFragFails", "IpOutTransmits", "TcpExtTCPSynRetrans",
                                 "TcpRetransSegs", "TcpExtTCPDeferAcceptDrop"}) {
            builder.counter(name, 0, 0);
        }
        builder.counter("TcpExtTCPTimeouts", 0, 4).counter("IpOutRequests", 0, 14);
    }
    std::vector<Finding> findings() const { return builder.run(kSynReceivedPileUp); }
};

TEST_F(SynReceivedPileUp, LeavesOpenWhatTheServerCannotTellApart) {
    ASSERT_THAT(findings(), SizeIs(1));
    EXPECT_EQ(findings()[0].severity, Severity::Warning);
    EXPECT_THAT(findings()[0].candidates, SizeIs(3));
}

TEST_F(SynReceivedPileUp, StaysSilentAboutSingleOnesWhichScansLeaveBehind) {
    builder.now.connections.pop_back();
    EXPECT_THAT(findings(), IsEmpty());
}

TEST_F(SynReceivedPileUp, MentionsSingleOnesWhenThePortIsAskedAbout) {
    builder.now.connections.pop_back();
    builder.asked.port = 8080;
    ASSERT_THAT(findings(), SizeIs(1));
    EXPECT_EQ(findings()[0].severity, Severity::Information);
}

TEST_F(SynReceivedPileUp, StaysSilentAboutManyYoungOnes) {
    each_request([](Connection& request) {
        request.age = testing::exactly(std::chrono::milliseconds(200));
        request.timer->retransmits = 0;
    });
    EXPECT_THAT(findings(), IsEmpty());
}

TEST_F(SynReceivedPileUp, StaysSilentWhenNeitherAgeNorTimerIsKnown) {
    each_request([](Connection& request) {
        request.age = {};
        request.timer.reset();
    });
    EXPECT_THAT(findings(), IsEmpty());
}

TEST_F(SynReceivedPileUp, KnowsAFullAcceptQueue) {
    listener().accept_queue = 129;
    ASSERT_THAT(findings(), SizeIs(1));
    EXPECT_EQ(findings()[0].severity, Severity::Problem);
    EXPECT_THAT(findings()[0].claim.text, HasSubstr("accept queue full"));
    EXPECT_THAT(findings()[0].candidates, IsEmpty());
}

TEST_F(SynReceivedPileUp, DoesNotTakeAFilledQueueForAFullOne) {
    listener().accept_queue = 128;  // it holds one more than the limit
    EXPECT_THAT(findings()[0].candidates, SizeIs(3));
}

TEST_F(SynReceivedPileUp, KnowsThatThisHostDropsItsOwnAnswers) {
    own_answers_dropped();
    ASSERT_THAT(findings(), SizeIs(1));
    EXPECT_EQ(findings()[0].severity, Severity::Problem);
    EXPECT_THAT(findings()[0].claim.text, HasSubstr("drops its own answers"));
}

TEST_F(SynReceivedPileUp, DoesNotBlameThisHostWhenClientsOfADeferringListenerAreDropped) {
    own_answers_dropped();
    builder.counter("TcpExtTCPDeferAcceptDrop", 0, 1);
    EXPECT_THAT(findings()[0].candidates, SizeIs(2));
    EXPECT_EQ(findings()[0].severity, Severity::Information);
}

TEST_F(SynReceivedPileUp, KnowsItAlsoOfRequestsThatAreMadeAnewWithEverySyn) {
    own_answers_dropped();
    each_request([](Connection& request) {
        request.age = testing::exactly(std::chrono::milliseconds(500));
    });
    ASSERT_THAT(findings(), SizeIs(1));
    EXPECT_EQ(findings()[0].severity, Severity::Problem);
}

TEST_F(SynReceivedPileUp, DoesNotTakeRepeatedDataForDroppedAnswers) {
    own_answers_dropped();
    builder.counter("TcpRetransSegs", 0, 4);
    EXPECT_THAT(findings()[0].candidates, SizeIs(2));
}

TEST_F(SynReceivedPileUp, RecognisesRequestsMadeAnewByTheirPorts) {
    not_repeated();
    each_request([](Connection& request) {
        request.age = testing::exactly(std::chrono::milliseconds(500));
    });
    builder.second_look(seconds(10));
    EXPECT_THAT(findings(), IsEmpty());
    builder.earlier.connections = builder.now.connections;
    EXPECT_THAT(findings(), SizeIs(1));
}

TEST_F(SynReceivedPileUp, KnowsThatAnswersAreDroppedWhenTheClientIsHere) {
    not_repeated();
    Connection client = testing::connection_in(TcpState::SynSent);
    client.local = builder.now.connections[1].remote;
    client.remote = builder.now.connections[1].local;
    client.age = testing::exactly(seconds(4));
    builder.add(client);
    ASSERT_THAT(findings(), SizeIs(1));
    EXPECT_THAT(findings()[0].claim.text, HasSubstr("drops its own answers"));
}

TEST_F(SynReceivedPileUp, DoesNotBlameThisHostWhenItsPacketsLeave) {
    own_answers_dropped();
    builder.counter("IpOutTransmits", 0, 14);
    EXPECT_THAT(findings()[0].candidates, SizeIs(2));
}

TEST_F(SynReceivedPileUp, ThinksOfDeferredAcceptWhenNothingWasRepeated) {
    not_repeated();
    ASSERT_THAT(findings(), SizeIs(1));
    EXPECT_THAT(findings()[0].candidates, SizeIs(2));
}

TEST_F(SynReceivedPileUp, KnowsAFullQueueWithoutCookies) {
    builder.now.options.set("net.ipv4.tcp_syncookies", "0");
    builder.now.options.set("net.ipv4.tcp_max_syn_backlog", "5");
    builder.counter("TcpExtListenDrops", 0, 8).counter("TcpExtListenOverflows", 0, 0);
    ASSERT_THAT(findings(), SizeIs(1));
    EXPECT_EQ(findings()[0].severity, Severity::Problem);
    EXPECT_THAT(findings()[0].claim.text, HasSubstr("refuses new clients"));
}

TEST_F(SynReceivedPileUp, DoesNotTakeOtherDropsForAFullQueue) {
    builder.now.options.set("net.ipv4.tcp_syncookies", "0");
    builder.now.options.set("net.ipv4.tcp_max_syn_backlog", "4096");
    builder.counter("TcpExtListenDrops", 0, 8).counter("TcpExtListenOverflows", 0, 0);
    EXPECT_EQ(findings()[0].severity, Severity::Warning);
}

TEST_F(SynReceivedPileUp, IgnoresOtherStates) {
    each_request([](Connection& request) { request.state = TcpState::SynSent; });
    EXPECT_THAT(findings(), IsEmpty());
}

TEST_F(SynReceivedPileUp, MentionsHandshakesOfAPasteThatHaveNoAge) {
    each_request([](Connection& request) {
        request.age = {};
        request.timer.reset();
    });
    EXPECT_THAT(findings(), IsEmpty());
    builder.now.paste = Paste{.system = HostSystem::Linux};
    ASSERT_THAT(findings(), SizeIs(1));
    EXPECT_EQ(findings()[0].severity, Severity::Warning);
    builder.limits.many_half_open = 5;
    EXPECT_EQ(findings()[0].severity, Severity::Information);
}

TEST_F(SynReceivedPileUp, JudgesCountsWithoutRows) {
    builder.now.connections.clear();
    builder.now.paste = Paste{};
    auto& counts = builder.now.paste->state_counts;
    counts[static_cast<std::size_t>(TcpState::SynReceived)] = 4;
    EXPECT_THAT(findings(), IsEmpty());
    counts[static_cast<std::size_t>(TcpState::SynReceived)] = 468;
    ASSERT_THAT(findings(), SizeIs(1));
    EXPECT_EQ(findings()[0].severity, Severity::Warning);
    counts[static_cast<std::size_t>(TcpState::Established)] = 9000;
    EXPECT_EQ(findings()[0].severity, Severity::Information);
}

}  // namespace
}  // namespace tcpdx::diagnosis
