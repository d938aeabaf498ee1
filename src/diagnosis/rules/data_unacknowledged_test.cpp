#include "diagnosis/rules/data_unacknowledged.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "diagnosis/rules/situation_builder.h"

namespace tcpdx::diagnosis {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using testing::SituationBuilder;
using ::testing::SizeIs;

class DataUnacknowledged : public ::testing::Test {
protected:
    SituationBuilder builder;

    // A connection that worked and then stopped: retransmitting for over 6 s.
    DataUnacknowledged() {
        builder.now.connections.reserve(4);
        Connection& connection =
            builder.add(testing::connection_in(TcpState::Established, builder.process("shop")));
        connection.opener = Opener::Active;
        connection.send_queue = 300;
        connection.timer =
            Timer{.kind = TimerKind::Retransmit, .expires = seconds(6), .retransmits = 5};
        TcpDetails& tcp = connection.tcp.emplace();
        tcp.rto_us = 6'400'000;
        tcp.backoff = 5;
        tcp.bytes_acked = 5000;
        tcp.data_segments_in = 7;
        tcp.bytes_received = 7000;
        tcp.send_mss = 1448;
        tcp.path_mtu = 1500;
        tcp.total_retransmits = 5;
        tcp.retransmitted_in_flight = 1;
        tcp.last_ack_received_ms = 7000;
    }
    Connection& stuck() { return builder.now.connections.front(); }
    void peer_does_not_read() {
        stuck().timer = Timer{.kind = TimerKind::ZeroWindow, .expires = seconds(3)};
        stuck().tcp->rto_us = 204'000;
        stuck().tcp->peer_window = 0;
    }
    void never_got_through() {
        stuck().tcp->bytes_acked = 1;
        stuck().tcp->data_segments_in = 0;
    }
    std::vector<Finding> findings() const { return builder.run(kDataUnacknowledged); }
    std::vector<std::string> causes() const {
        std::vector<std::string> texts;
        const std::vector<Finding> found = findings();
        for (const Candidate& candidate : found.at(0).candidates) {
            texts.emplace_back(candidate.cause.text);
        }
        return texts;
    }
};

TEST_F(DataUnacknowledged, ListsWhyAWorkingConnectionMayHang) {
    ASSERT_THAT(findings(), SizeIs(1));
    EXPECT_EQ(findings()[0].severity, Severity::Problem);
    EXPECT_THAT(findings()[0].claim.text, HasSubstr("any more"));
    EXPECT_THAT(causes(), SizeIs(2));
    EXPECT_TRUE(findings()[0].since.surely_at_least(milliseconds(6200)));
}

TEST_F(DataUnacknowledged, StaysSilentUntilTheLimit) {
    stuck().tcp->rto_us = 3'200'000;
    stuck().tcp->backoff = 4;
    stuck().timer->expires = milliseconds(3100);
    EXPECT_THAT(findings(), IsEmpty());
}

TEST_F(DataUnacknowledged, DoesNotTakeALongTimeOutForALongStall) {
    stuck().tcp->rto_us = 20'000'000;  // a very slow path, first repetition
    stuck().tcp->backoff = 1;
    EXPECT_THAT(findings(), IsEmpty());
}

TEST_F(DataUnacknowledged, DoesNotTakeAllRetransmissionsOfALifeForThisOne) {
    stuck().tcp->total_rto_time_ms = 600'000;
    stuck().tcp->rto_us = 400'000;
    stuck().tcp->backoff = 1;
    EXPECT_THAT(findings(), IsEmpty());
}

TEST_F(DataUnacknowledged, StaysSilentWhenTheTimerIsUnknown) {
    stuck().timer.reset();
    EXPECT_THAT(findings(), IsEmpty());
}

// ss -i without -o, as people paste it.
TEST_F(DataUnacknowledged, KnowsTheTimerFromDoubledTimeOutsOfSegmentsInFlight) {
    stuck().timer.reset();
    stuck().tcp->unacked_segments = 1;
    EXPECT_THAT(findings(), SizeIs(1));
    stuck().tcp->retransmitted_in_flight = 0;
    EXPECT_THAT(findings(), IsEmpty());
}

TEST_F(DataUnacknowledged, StaysSilentWhenTheQueueIsUnknown) {
    stuck().send_queue.reset();
    EXPECT_THAT(findings(), IsEmpty());
}

TEST_F(DataUnacknowledged, DoesWithTheTimerOfAListingWithoutDetails) {
    stuck().tcp.reset();
    ASSERT_THAT(findings(), SizeIs(1));
    stuck().timer->retransmits = 4;
    stuck().timer->expires = milliseconds(100);
    EXPECT_THAT(findings(), IsEmpty());
}

TEST_F(DataUnacknowledged, ThinksFirstOfAForgetfulFirewallAfterALongPause) {
    stuck().tcp->last_ack_received_ms = 3'600'000;
    EXPECT_THAT(causes().at(0), HasSubstr("forgotten"));
}

TEST_F(DataUnacknowledged, SuspectsThePathMtuOnlyOfFullSegments) {
    EXPECT_THAT(causes(), Not(Contains(HasSubstr("MTU"))));
    stuck().send_queue = 20'000;
    EXPECT_THAT(causes(), Contains(HasSubstr("MTU")));
    stuck().tcp->path_mtu = 1280;
    EXPECT_THAT(causes(), Not(Contains(HasSubstr("MTU"))));
}

TEST_F(DataUnacknowledged, DoesNotThinkOfAWayInBetweenWithinThisHost) {
    stuck().local.address = stuck().remote.address = *parse_ip_address("127.0.0.1");
    EXPECT_THAT(causes(), SizeIs(2));
    EXPECT_THAT(causes(), Not(Contains(HasSubstr("NAT"))));
}

TEST_F(DataUnacknowledged, KnowsAHandshakeThatIsNotCompleteAtTheServer) {
    never_got_through();
    ASSERT_THAT(findings(), SizeIs(1));
    EXPECT_THAT(findings()[0].claim.text, HasSubstr("nothing that it sends arrives"));
    EXPECT_THAT(causes(), Contains(HasSubstr("accept queue was full")));
}

TEST_F(DataUnacknowledged, DoesNotSuspectTheHandshakeOfAConnectionThatCameIn) {
    never_got_through();
    stuck().opener = Opener::Passive;
    EXPECT_THAT(findings()[0].claim.text, HasSubstr("any more"));
}

TEST_F(DataUnacknowledged, KnowsAPeerThatDoesNotRead) {
    peer_does_not_read();
    ASSERT_THAT(findings(), SizeIs(1));
    EXPECT_EQ(findings()[0].severity, Severity::Warning);
    EXPECT_THAT(findings()[0].claim.text, HasSubstr("do not read"));
    EXPECT_THAT(findings()[0].candidates, IsEmpty());
}

TEST_F(DataUnacknowledged, GivesAPeerTimeToRead) {
    peer_does_not_read();
    stuck().tcp->backoff = 4;  // 204 ms, doubled four times: 3 s
    EXPECT_THAT(findings(), IsEmpty());
}

TEST_F(DataUnacknowledged, NeedsTheDetailsForAClosedWindow) {
    peer_does_not_read();
    stuck().tcp.reset();
    EXPECT_THAT(findings(), IsEmpty());
}

TEST_F(DataUnacknowledged, DoesNotBlameAPeerWhoseWindowIsOpen) {
    peer_does_not_read();
    stuck().tcp->peer_window = 65535;
    ASSERT_THAT(findings(), SizeIs(1));
    EXPECT_EQ(findings()[0].severity, Severity::Warning);
    EXPECT_THAT(findings()[0].claim.text, HasSubstr("This host holds back"));
    EXPECT_THAT(causes(), SizeIs(2));
}

TEST_F(DataUnacknowledged, MentionsInAPasteWhatMayMoveTheNextMoment) {
    stuck().tcp.reset();
    stuck().timer.reset();
    stuck().send_queue = 4096;
    EXPECT_THAT(findings(), IsEmpty());
    builder.now.paste = Paste{};
    ASSERT_THAT(findings(), SizeIs(1));
    EXPECT_EQ(findings()[0].severity, Severity::Information);
    stuck().send_queue = 4095;
    EXPECT_THAT(findings(), IsEmpty());
}

TEST_F(DataUnacknowledged, BlamesTheReaderThatTheSamePasteShows) {
    stuck().tcp.reset();
    stuck().timer.reset();
    stuck().send_queue = 100'000;
    builder.now.paste = Paste{};
    Connection reader = stuck();
    std::swap(reader.local, reader.remote);
    reader.send_queue = 0;
    reader.receive_queue = 50'000;
    builder.add(reader);
    ASSERT_THAT(findings(), SizeIs(1));
    EXPECT_EQ(findings()[0].severity, Severity::Warning);
}

TEST_F(DataUnacknowledged, LeavesAConnectionOfAPasteThatSendsOnTime) {
    stuck().tcp.reset();
    builder.now.paste = Paste{};
    stuck().send_queue = 100'000;
    stuck().timer = Timer{.kind = TimerKind::Retransmit, .expires = milliseconds(200)};
    EXPECT_THAT(findings(), IsEmpty());
}

TEST_F(DataUnacknowledged, NamesTheReaderWhenItIsOnThisHost) {
    peer_does_not_read();
    const std::size_t without = findings()[0].evidence.size();
    Connection reader =
        testing::connection_in(TcpState::Established, builder.process("worker", 43));
    std::swap(reader.local, reader.remote);
    reader.receive_queue = 90'000;
    builder.add(reader);
    const std::vector<Finding> found = findings();
    ASSERT_THAT(found[0].evidence, SizeIs(without + 1));
    EXPECT_EQ(found[0].evidence.back().fact.values[0], Value(std::string("worker (pid 43)")));
}

TEST_F(DataUnacknowledged, SeesThatDataDoesNotLeaveThisHost) {
    stuck().tcp->retransmitted_in_flight = 0;
    builder.now.counters.set("TcpExtTCPRetransFail", 5);
    ASSERT_THAT(findings(), SizeIs(1));
    EXPECT_THAT(findings()[0].claim.text, HasSubstr("does not let data"));
}

TEST_F(DataUnacknowledged, WatchesCloseWaitAsWell) {
    stuck().state = TcpState::CloseWait;
    EXPECT_THAT(findings(), SizeIs(1));
}

TEST_F(DataUnacknowledged, LeavesClosingStatesToTheirOwnRule) {
    stuck().state = TcpState::FinWait1;
    EXPECT_THAT(findings(), IsEmpty());
}

}  // namespace
}  // namespace tcpdx::diagnosis
