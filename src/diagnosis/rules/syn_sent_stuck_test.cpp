#include "diagnosis/rules/syn_sent_stuck.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "diagnosis/rules/situation_builder.h"

namespace tcpdx::diagnosis {
namespace {

using std::chrono::seconds;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using testing::SituationBuilder;
using ::testing::SizeIs;

class SynSentStuck : public ::testing::Test {
protected:
    SituationBuilder builder;
    std::uint32_t shop = builder.process("shop");

    SynSentStuck() {
        builder.now.connections.reserve(8);
        Connection& connection = builder.add(testing::connection_in(TcpState::SynSent, shop));
        connection.remote.port = 443;
        connection.age = testing::exactly(seconds(3));
        connection.timer = Timer{.kind = TimerKind::Retransmit, .retransmits = 2};
        connection.tcp.emplace().total_retransmits = 2;
        connection.tcp->retransmitted_in_flight = 1;
    }
    Connection& stuck() { return builder.now.connections.front(); }
    Connection& talking(std::uint16_t port) {
        Connection& other = builder.add(testing::connection_in(TcpState::Established, shop));
        other.remote.port = port;
        other.tcp.emplace().last_ack_received_ms = 100;
        return other;
    }
    void server_on_this_host(std::uint32_t waiting, std::uint32_t limit) {
        stuck().local.address = stuck().remote.address = *parse_ip_address("127.0.0.1");
        Connection& listener = builder.add(testing::connection_in(TcpState::Listen, shop));
        listener.local = stuck().remote;
        listener.accept_queue = waiting;
        listener.backlog_limit = limit;
    }
    // All counters of a host that lost nothing by itself.
    void nothing_lost_here() {
        for (const char* name :
             {"IpInReceives", "IpInDelivers", "IpForwDatagrams", "IpInHdrErrors", "IpInAddrErrors",
              "IpInUnknownProtos", "IpInDiscards", "IpReasmReqds", "IpReasmOKs"}) {
            builder.counter(name, 0, 0);
        }
    }
    std::vector<Finding> findings() const { return builder.run(kSynSentStuck); }
    std::vector<std::string> causes() const {
        std::vector<std::string> texts;
        const std::vector<Finding> found = findings();
        for (const Candidate& candidate : found.at(0).candidates) {
            texts.emplace_back(candidate.cause.text);
        }
        return texts;
    }
};

TEST_F(SynSentStuck, ListsWhatTheClientCannotTellApart) {
    ASSERT_THAT(findings(), SizeIs(1));
    EXPECT_EQ(findings()[0].severity, Severity::Problem);
    EXPECT_THAT(causes(), SizeIs(6));
    EXPECT_THAT(causes(), Contains(HasSubstr("accept queue is full")));
    EXPECT_THAT(causes(), Contains(HasSubstr("host is off")));
}

TEST_F(SynSentStuck, NeverSaysThatNobodyListens) {
    EXPECT_THAT(causes(), Not(Contains(HasSubstr("listens"))));
    EXPECT_THAT(findings()[0].advice.back().text, HasSubstr("A missing listener alone does not"));
}

TEST_F(SynSentStuck, StaysSilentUntilTheLimit) {
    stuck().age = testing::exactly(std::chrono::milliseconds(900));
    stuck().timer->retransmits = 0;
    EXPECT_THAT(findings(), IsEmpty());
}

TEST_F(SynSentStuck, TakesOneRepetitionForAWarning) {
    stuck().age = testing::exactly(std::chrono::milliseconds(1500));
    stuck().timer->retransmits = 1;
    ASSERT_THAT(findings(), SizeIs(1));
    EXPECT_EQ(findings()[0].severity, Severity::Warning);
}

TEST_F(SynSentStuck, StaysSilentWhenNeitherAgeNorTimerIsKnown) {
    stuck().age = {};
    stuck().timer.reset();
    stuck().tcp.reset();
    EXPECT_THAT(findings(), IsEmpty());
}

TEST_F(SynSentStuck, DoesNotNeedTheAgeOnceTheSynWasRepeated) {
    stuck().age = {};
    EXPECT_THAT(findings(), SizeIs(1));
}

TEST_F(SynSentStuck, SeesThatTheSynDoesNotLeaveThisHost) {
    stuck().tcp->retransmitted_in_flight = 0;
    builder.now.counters.set("TcpExtTCPRetransFail", 2);
    EXPECT_THAT(findings()[0].claim.text, HasSubstr("does not let"));
    EXPECT_THAT(causes(), SizeIs(2));
}

TEST_F(SynSentStuck, DoesNotBlameThisHostWhenTheCounterStandsAtZero) {
    stuck().tcp->retransmitted_in_flight = 0;
    builder.now.counters.set("TcpExtTCPRetransFail", 0);
    EXPECT_THAT(findings()[0].claim.text, HasSubstr("Nothing comes back"));
}

TEST_F(SynSentStuck, RulesOutThisHostsInputFilterWhenNoPacketIsMissing) {
    EXPECT_THAT(causes(), Contains(HasSubstr("(INPUT)")));
    nothing_lost_here();
    EXPECT_THAT(causes(), Not(Contains(HasSubstr("(INPUT)"))));
}

TEST_F(SynSentStuck, KeepsThisHostsInputFilterWhenPacketsAreMissing) {
    nothing_lost_here();
    builder.counter("IpInReceives", 0, 4);
    EXPECT_THAT(causes(), Contains(HasSubstr("(INPUT)")));
}

TEST_F(SynSentStuck, DoesNotJudgeIpv6ByTheCountersOfIpv4) {
    nothing_lost_here();
    stuck().remote.address = *parse_ip_address("2001:db8::1");
    EXPECT_THAT(causes(), Contains(HasSubstr("(INPUT)")));
}

TEST_F(SynSentStuck, RulesOutADeadHostThatAnswersOnAnotherPort) {
    talking(22);
    EXPECT_THAT(causes(), Not(Contains(HasSubstr("host is off"))));
}

TEST_F(SynSentStuck, DoesNotTakeAnOldAnswerForASignOfLife) {
    talking(22).tcp->last_ack_received_ms = 60'000;
    builder.now.connections.back().tcp->last_data_received_ms = 60'000;
    EXPECT_THAT(causes(), Contains(HasSubstr("host is off")));
}

TEST_F(SynSentStuck, ThinksOfSeveralServersWhenOthersAreConnected) {
    talking(443);
    EXPECT_THAT(causes(), Contains(HasSubstr("several servers")));
}

TEST_F(SynSentStuck, ThinksOfArpWhenTheSynWaitsInAQueueHere) {
    builder.counter("TcpExtTCPSpuriousRtxHostQueues", 0, 3);
    EXPECT_THAT(causes(), Contains(HasSubstr("ARP")));
}

TEST_F(SynSentStuck, SeesThatTheAnswerIsLostWhenTheServerIsOnThisHost) {
    Connection& request = builder.add(testing::connection_in(TcpState::SynReceived));
    request.local = stuck().remote;
    request.remote = stuck().local;
    EXPECT_THAT(causes(), SizeIs(2));
    EXPECT_THAT(causes(), Contains(HasSubstr("(OUTPUT")));
}

TEST_F(SynSentStuck, DoesNotThinkOfAWayInBetweenWhenTheServerIsOnThisHost) {
    server_on_this_host(1, 16);
    EXPECT_THAT(causes(), SizeIs(2));
    EXPECT_THAT(causes(), Contains(HasSubstr("accept queue is full")));
}

TEST_F(SynSentStuck, NamesTheFullAcceptQueueOfAServerOnThisHostAsTheCause) {
    server_on_this_host(17, 16);
    EXPECT_THAT(causes(), IsEmpty());
    const std::vector<Finding> found = findings();
    ASSERT_THAT(found.at(0).advice, SizeIs(1));
    EXPECT_THAT(found[0].advice[0].text, HasSubstr("accept queue of the server"));
    EXPECT_TRUE(std::any_of(found[0].evidence.begin(), found[0].evidence.end(), [](const auto& e) {
        return std::string_view(e.fact.text).find("it holds at most") != std::string_view::npos;
    }));
}

TEST_F(SynSentStuck, DoesNotNameAQueueOfThisHostWhenOneOfItsListenersHasRoom) {
    server_on_this_host(17, 16);
    server_on_this_host(0, 16);
    EXPECT_THAT(causes(), SizeIs(2));
}

TEST_F(SynSentStuck, DoesNotThinkOfAQueueWhenNothingListensOnThisHost) {
    stuck().local.address = stuck().remote.address = *parse_ip_address("127.0.0.1");
    EXPECT_THAT(causes(), SizeIs(2));
    EXPECT_THAT(causes(), Not(Contains(HasSubstr("accept queue"))));
}

TEST_F(SynSentStuck, SpeaksOncePerDestination) {
    builder.add(stuck()).local.port = 40001;
    builder.add(stuck()).remote.port = 444;
    EXPECT_THAT(findings(), SizeIs(2));
}

TEST_F(SynSentStuck, IgnoresOtherStates) {
    stuck().state = TcpState::Established;
    EXPECT_THAT(findings(), IsEmpty());
}

TEST_F(SynSentStuck, MentionsOneOfAPasteThatMayBeNew) {
    stuck().age = {};
    stuck().timer.reset();
    stuck().tcp.reset();
    EXPECT_THAT(findings(), IsEmpty());
    builder.now.paste = Paste{.system = HostSystem::Linux};
    ASSERT_THAT(findings(), SizeIs(1));
    EXPECT_EQ(findings()[0].severity, Severity::Information);
}

TEST_F(SynSentStuck, WarnsOnceOfManyInAPasteWhereverTheyGo) {
    stuck().age = {};
    stuck().timer.reset();
    stuck().tcp.reset();
    builder.now.paste = Paste{.system = HostSystem::Linux};
    for (std::uint16_t i = 1; i < 5; ++i) {
        Connection copy = stuck();
        copy.remote.port = static_cast<std::uint16_t>(1000 + i);
        builder.add(copy);
    }
    ASSERT_THAT(findings(), SizeIs(1));
    EXPECT_EQ(findings()[0].severity, Severity::Warning);
    EXPECT_THAT(findings()[0].connections, SizeIs(5));
}

TEST_F(SynSentStuck, SuspectsNoWayInBetweenOnOneHostOfAPaste) {
    stuck().age = {};
    stuck().timer.reset();
    stuck().tcp.reset();
    stuck().local.address = *parse_ip_address("127.0.0.1");
    builder.now.paste = Paste{.system = HostSystem::Windows};
    ASSERT_THAT(findings(), SizeIs(1));
    EXPECT_THAT(findings()[0].candidates[0].cause.text, HasSubstr("Windows is repeating"));
    EXPECT_THAT(findings()[0].evidence.back().fact.text, HasSubstr("has no listener"));
}

}  // namespace
}  // namespace tcpdx::diagnosis
