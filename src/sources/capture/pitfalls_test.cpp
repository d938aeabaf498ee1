// What has tripped other readers of captures, where no other test has it: docs/capture-pitfalls.md
// lists all of them with their tests.

#include <gtest/gtest.h>

#include "sources/capture/scene_for_tests.h"

namespace tcpdx::capture {
namespace {

using namespace testing;

// The listener acknowledges the SYN and sends its own SYN apart: "The Split Handshake", 2010.
TEST(Pitfalls, FollowASplitHandshakeOfFourSteps) {
    const CapturedConnection connection =
        Scene()
            .client(0, {.flags = kSyn, .sequence = 100})
            .server(10, {.flags = kSyn, .sequence = 500})
            .client(10.1, {.flags = kSyn | kAck, .sequence = 100, .acknowledgment = 501})
            .server(20, {.sequence = 501, .acknowledgment = 101})
            .client(30, {.sequence = 101, .acknowledgment = 501, .payload = 5})
            .server(40, {.sequence = 501, .acknowledgment = 106})
            .one();
    EXPECT_EQ(states(connection.ends[0]), "SYN-SENT SYN-RECEIVED ESTABLISHED");
    EXPECT_EQ(connection.ends[1].states.back().certain(), TcpState::Established);
    EXPECT_TRUE(connection.simultaneous_open);
}

TEST(Pitfalls, FollowASplitHandshakeOfFiveSteps) {
    Scene scene;
    scene.client(0, {.flags = kSyn, .sequence = 100})
        .server(10, {.sequence = 500, .acknowledgment = 101})
        .server(11, {.flags = kSyn, .sequence = 500})
        .client(11.1, {.flags = kSyn | kAck, .sequence = 100, .acknowledgment = 501})
        .server(21, {.sequence = 501, .acknowledgment = 101})
        .client(30, {.sequence = 101, .acknowledgment = 501, .payload = 5});
    const auto connections = scene.connections();
    ASSERT_EQ(connections.size(), 1U);
    EXPECT_EQ(connections[0].ends[0].address.port, 40000);
    EXPECT_EQ(connections[0].ends[0].states.back().certain(), TcpState::Established);
}

// CVE-1999-0016: source and destination are the same.
TEST(Pitfalls, TakeALandPacketForOneUnansweredSyn) {
    Scene scene;
    const Bytes land = ip4(tcp({.source_port = 80, .destination_port = 80, .sequence = 7}),
                           {.source = kServer, .destination = kServer});
    scene.put_packet(0, land);
    const auto connections = scene.connections();
    ASSERT_EQ(connections.size(), 1U);
    EXPECT_EQ(connections[0].outcome, CapturedOutcome::Unanswered);
    EXPECT_EQ(connections[0].ends[0].address, connections[0].ends[1].address);
    EXPECT_FALSE(connections[0].simultaneous_open);
}

TEST(Pitfalls, TakeEveryPairOfFlagsWithoutInventingAState) {
    for (int first = 0; first < 64; ++first) {
        for (int second = 0; second < 64; ++second) {
            const CapturedConnection connection =
                Scene()
                    .client(0, {.flags = first, .sequence = 100, .acknowledgment = 501})
                    .server(1, {.flags = second, .sequence = 500, .acknowledgment = 101})
                    .one();
            for (const CapturedEnd& end : connection.ends) {
                for (const CapturedState& state : end.states) {
                    EXPECT_FALSE(state.possible.empty()) << first << " " << second;
                }
            }
            // What neither end can have sent in a handshake establishes nothing.
            const bool handshake = (first & kSyn) != 0 && (second & kAck) != 0;
            EXPECT_TRUE(connection.ends[0].states.empty() || handshake || (first & kSyn) == 0 ||
                        connection.ends[0].states.back().certain() != TcpState::Established)
                << first << " " << second;
        }
    }
}

TEST(Pitfalls, ReadASynWithFinAsASynOnly) {
    const CapturedConnection connection =
        Scene()
            .client(0, {.flags = kSyn | kFin, .sequence = 100})
            .server(10, {.flags = kRst | kAck, .acknowledgment = 102})
            .one();
    EXPECT_EQ(connection.ends[0].states.back().certain(), TcpState::Closed);
}

TEST(Pitfalls, TakeAFinWithoutAckForOneThatWasSent) {
    const CapturedConnection connection =
        Scene().handshake().client(50, {.flags = kFin, .sequence = 101}).one();
    EXPECT_EQ(states(connection.ends[0]), "SYN-SENT ESTABLISHED FIN-WAIT-1");
}

TEST(Pitfalls, CloseAtSequenceZeroBehindTheWrap) {
    const CapturedConnection connection =
        Scene()
            .client(0, {.flags = kSyn, .sequence = 0xfffffff9})
            .server(10, {.flags = kSyn | kAck, .sequence = 500, .acknowledgment = 0xfffffffa})
            .client(10.1, {.sequence = 0xfffffffa, .acknowledgment = 501})
            .client(20, {.sequence = 0xfffffffa, .acknowledgment = 501, .payload = 6})
            .server(30, {.sequence = 501, .acknowledgment = 0})
            .client(40, {.flags = kFin | kAck, .sequence = 0, .acknowledgment = 501})
            .server(50, {.flags = kFin | kAck, .sequence = 501, .acknowledgment = 1})
            .client(50.1, {.sequence = 1, .acknowledgment = 502})
            .one();
    EXPECT_EQ(states(connection.ends[0]), "SYN-SENT ESTABLISHED FIN-WAIT-1 FIN-WAIT-2 TIME-WAIT");
    EXPECT_EQ(connection.outcome, CapturedOutcome::Closed);
}

TEST(Pitfalls, TakeDataOnASynForDataOfTheOpener) {
    // RFC 7413: the server may send before the third step.
    const CapturedConnection connection =
        Scene()
            .client(0, {.flags = kSyn, .sequence = 100, .payload = 20})
            .server(10, {.flags = kSyn | kAck, .sequence = 500, .acknowledgment = 121})
            .server(10.2, {.sequence = 501, .acknowledgment = 121, .payload = 30})
            .client(10.3, {.sequence = 121, .acknowledgment = 531})
            .one();
    EXPECT_EQ(connection.ends[0].sent.payload_bytes, 20U);
    EXPECT_EQ(connection.ends[1].sent.payload_bytes, 30U);
    EXPECT_EQ(states(connection.ends[0]), "SYN-SENT ESTABLISHED");
}

TEST(Pitfalls, NoticeAnAcknowledgmentInTheHandshakeOfWhatWasNotSent) {
    const CapturedConnection connection =
        Scene()
            .client(0, {.flags = kSyn, .sequence = 100})
            .server(10, {.flags = kSyn | kAck, .sequence = 500, .acknowledgment = 777})
            .client(10.1, {.flags = kRst, .sequence = 777})
            .one();
    EXPECT_NE(connection.ends[0].states.back().certain(), TcpState::Established);
    EXPECT_NE(connection.ends[1].states.back().certain(), TcpState::Established);
}

TEST(Pitfalls, TakeAResetWithDataForAReset) {
    const CapturedConnection connection =
        Scene()
            .handshake()
            .server(50,
                    {.flags = kRst | kAck, .sequence = 501, .acknowledgment = 101, .payload = 12})
            .one();
    EXPECT_EQ(connection.outcome, CapturedOutcome::Reset);
    EXPECT_EQ(states(connection.ends[0]), "SYN-SENT ESTABLISHED CLOSED");
}

TEST(Pitfalls, AcknowledgeInTimeWaitThatTheFinCameAgain) {
    const CapturedConnection connection =
        Scene()
            .handshake()
            .client(50, {.flags = kFin | kAck, .sequence = 101, .acknowledgment = 501})
            .server(60, {.flags = kFin | kAck, .sequence = 501, .acknowledgment = 102})
            .client(60.1, {.sequence = 102, .acknowledgment = 502})
            .server(300, {.flags = kFin | kAck, .sequence = 501, .acknowledgment = 102})
            .client(300.1, {.sequence = 102, .acknowledgment = 502})
            .one();
    EXPECT_EQ(states(connection.ends[0]), "SYN-SENT ESTABLISHED FIN-WAIT-1 FIN-WAIT-2 TIME-WAIT");
    EXPECT_EQ(states(connection.ends[1]), "SYN-RECEIVED ESTABLISHED CLOSE-WAIT LAST-ACK CLOSED");
    EXPECT_EQ(connection.ends[1].sent.fin_retransmissions, 1U);
}

TEST(Pitfalls, SayThatNoEndWasSeenOfAConnectionThatJustStops) {
    const CapturedConnection connection =
        Scene()
            .handshake()
            .client(50, {.sequence = 101, .acknowledgment = 501, .payload = 5})
            .one();
    EXPECT_EQ(connection.outcome, CapturedOutcome::Open);
    EXPECT_TRUE(connection.has(CaptureLimit::EndsMidWay));
}

TEST(Pitfalls, KeepOneConnectionWhereItsSynComesAgainAfterFortyDays) {
    Scene scene;
    scene.client(0, {.flags = kSyn, .sequence = 100});
    scene.client(40.0 * 86'400'000, {.flags = kSyn, .sequence = 100});
    EXPECT_EQ(scene.connections().size(), 1U);
}

TEST(Pitfalls, LeaveAWindowScaleBeyondFourteenOutOfTheSums) {
    Scene scene;
    scene.put_packet(0, ip4(tcp({.sequence = 100, .options = bytes({3, 3, 15, 1})})));
    EXPECT_LE(scene.one().ends[0].sent.window_shift.value_or(0), 14);
}

}  // namespace
}  // namespace tcpdx::capture
