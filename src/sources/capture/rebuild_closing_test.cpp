// How connections end.

#include <gtest/gtest.h>

#include "sources/capture/scene_for_tests.h"

namespace tcpdx::capture {
namespace {

using namespace testing;
using std::chrono::milliseconds;

TEST(RebuildClosing, FollowsBothEndsThroughAnOrdinaryClose) {
    const CapturedConnection connection =
        Scene()
            .handshake()
            .client(50, {.flags = kFin | kAck, .sequence = 101, .acknowledgment = 501})
            .server(60, {.sequence = 501, .acknowledgment = 102})
            .server(2060, {.flags = kFin | kAck, .sequence = 501, .acknowledgment = 102})
            .client(2060.1, {.sequence = 102, .acknowledgment = 502})
            .one();
    EXPECT_EQ(states(connection.ends[0]), "SYN-SENT ESTABLISHED FIN-WAIT-1 FIN-WAIT-2 TIME-WAIT");
    EXPECT_EQ(states(connection.ends[1]), "SYN-RECEIVED ESTABLISHED CLOSE-WAIT LAST-ACK CLOSED");
    EXPECT_EQ(connection.closed_first, 0);
    EXPECT_EQ(connection.outcome, CapturedOutcome::Closed);
    const CapturedState& half_closed = connection.ends[0].states[3];
    const auto dwell = *half_closed.until - half_closed.since;
    EXPECT_GT(dwell, milliseconds(1999));
    EXPECT_LE(dwell, milliseconds(2000));
}

// The acknowledgment counts before the FIN that brings it (RFC 9293, 3.10.7.4).
TEST(RebuildClosing, PassesFinWait2WhenTheFinBringsTheAcknowledgment) {
    const CapturedConnection connection =
        Scene()
            .handshake()
            .client(50, {.flags = kFin | kAck, .sequence = 101, .acknowledgment = 501})
            .server(60, {.flags = kFin | kAck, .sequence = 501, .acknowledgment = 102})
            .client(60.1, {.sequence = 102, .acknowledgment = 502})
            .one();
    EXPECT_EQ(states(connection.ends[0]), "SYN-SENT ESTABLISHED FIN-WAIT-1 FIN-WAIT-2 TIME-WAIT");
    const CapturedState& passed = connection.ends[0].states[3];
    EXPECT_EQ(*passed.until, passed.since);
}

TEST(RebuildClosing, SeesBothEndsCloseAtOnce) {
    const CapturedConnection connection =
        Scene()
            .handshake()
            .client(50, {.flags = kFin | kAck, .sequence = 101, .acknowledgment = 501})
            .server(55, {.flags = kFin | kAck, .sequence = 501, .acknowledgment = 101})
            .client(55.1, {.sequence = 102, .acknowledgment = 502})
            .server(60, {.sequence = 502, .acknowledgment = 102})
            .one();
    EXPECT_TRUE(connection.simultaneous_close);
    EXPECT_TRUE(connection.has(CaptureLimit::CloseOrder));
    EXPECT_EQ(states(connection.ends[0]), "SYN-SENT ESTABLISHED FIN-WAIT-1 CLOSING TIME-WAIT");
    EXPECT_EQ(states(connection.ends[1]), "SYN-RECEIVED ESTABLISHED FIN-WAIT-1 CLOSING TIME-WAIT");
}

TEST(RebuildClosing, KeepsTheServerInLastAckWhileItRepeatsItsFin) {
    Scene scene;
    scene.handshake()
        .client(50, {.flags = kFin | kAck, .sequence = 101, .acknowledgment = 501})
        .server(60, {.flags = kFin | kAck, .sequence = 501, .acknowledgment = 102})
        .client(60.1, {.sequence = 102, .acknowledgment = 502})
        .server(300, {.flags = kFin | kAck, .sequence = 501, .acknowledgment = 102})
        .client(300.1, {.sequence = 102, .acknowledgment = 502});
    const CapturedConnection connection = scene.one();
    EXPECT_EQ(states(connection.ends[1]), "SYN-RECEIVED ESTABLISHED CLOSE-WAIT LAST-ACK CLOSED");
    EXPECT_GT(connection.ends[1].states[4].since - connection.first, milliseconds(300));
    EXPECT_EQ(connection.ends[1].sent.fin_retransmissions, 1U);
}

// A FIN that passed the capture may be lost behind it.
TEST(RebuildClosing, DoesNotPutTheServerIntoCloseWaitBeforeItAcknowledgesTheFin) {
    const CapturedConnection connection =
        Scene()
            .handshake()
            .client(50, {.flags = kFin | kAck, .sequence = 101, .acknowledgment = 501})
            .client(250, {.flags = kFin | kAck, .sequence = 101, .acknowledgment = 501})
            .client(650, {.flags = kFin | kAck, .sequence = 101, .acknowledgment = 501})
            .server(660, {.sequence = 501, .acknowledgment = 102})
            .one();
    EXPECT_EQ(states(connection.ends[1]), "SYN-RECEIVED ESTABLISHED CLOSE-WAIT");
    EXPECT_EQ(connection.ends[1].states[2].since - connection.first, milliseconds(655));
}

TEST(RebuildClosing, LeavesOpenWhetherAnUnansweredFinArrived) {
    const CapturedConnection connection =
        Scene()
            .handshake()
            .client(50, {.flags = kFin | kAck, .sequence = 101, .acknowledgment = 501})
            .one();
    EXPECT_EQ(states(connection.ends[0]), "SYN-SENT ESTABLISHED FIN-WAIT-1");
    EXPECT_EQ(states(connection.ends[1]), "SYN-RECEIVED ESTABLISHED ESTABLISHED|CLOSE-WAIT");
    EXPECT_EQ(connection.outcome, CapturedOutcome::HalfClosed);
}

TEST(RebuildClosing, SaysWhatAResetHitAndWhatProvokedIt) {
    const CapturedConnection connection =
        Scene()
            .handshake()
            .client(50, {.sequence = 101, .acknowledgment = 501, .payload = 10})
            .server(60, {.flags = kRst, .sequence = 501})
            .one();
    EXPECT_EQ(connection.outcome, CapturedOutcome::Reset);
    EXPECT_EQ(connection.closed_first, 1);
    EXPECT_TRUE(connection.closed_by_reset);
    ASSERT_TRUE(connection.reset_hit);
    EXPECT_EQ(connection.reset_hit->certain(), TcpState::Established);
    EXPECT_EQ(connection.reset_provoked_by, SegmentMark::Data);
    EXPECT_EQ(states(connection.ends[0]), "SYN-SENT ESTABLISHED CLOSED");
}

TEST(RebuildClosing, KeepsTheFirstFinAsTheFirstCloseWhenAResetFollows) {
    const CapturedConnection connection =
        Scene()
            .handshake()
            .client(50, {.flags = kFin | kAck, .sequence = 101, .acknowledgment = 501})
            .server(60, {.flags = kRst | kAck, .sequence = 501, .acknowledgment = 102})
            .one();
    EXPECT_EQ(connection.closed_first, 0);
    EXPECT_FALSE(connection.closed_by_reset);
    EXPECT_EQ(connection.outcome, CapturedOutcome::Reset);
}

TEST(RebuildClosing, IgnoresAResetOutsideTheWindow) {
    const CapturedConnection connection =
        Scene().handshake().server(60, {.flags = kRst, .sequence = 90'000'000}).one();
    EXPECT_EQ(connection.outcome, CapturedOutcome::Open);
    EXPECT_EQ(connection.ends[1].sent.ignored_resets, 1U);
    EXPECT_EQ(states(connection.ends[0]), "SYN-SENT ESTABLISHED");
}

// Behind a closed window the FIN waits with the data, so FIN-WAIT-1 begins without a packet.
TEST(RebuildClosing, SaysThatAClosedWindowHidesAClose) {
    const CapturedConnection connection =
        Scene()
            .handshake()
            .client(50, {.sequence = 101, .acknowledgment = 501, .payload = 100})
            .server(60, {.sequence = 501, .acknowledgment = 201, .window = 0})
            .server(4000, {.flags = kRst, .sequence = 501})
            .one();
    EXPECT_EQ(states(connection.ends[0]), "SYN-SENT ESTABLISHED ESTABLISHED|FIN-WAIT-1 CLOSED");
    EXPECT_TRUE(connection.has(CaptureLimit::FinNotSent));
}

TEST(RebuildClosing, EndsTimeWaitWhenThePortsAreUsedAgain) {
    Scene scene;
    scene.handshake()
        .client(50, {.flags = kFin | kAck, .sequence = 101, .acknowledgment = 501})
        .server(60, {.flags = kFin | kAck, .sequence = 501, .acknowledgment = 102})
        .client(60.1, {.sequence = 102, .acknowledgment = 502})
        .client(5000, {.flags = kSyn, .sequence = 70'000});
    const auto connections = scene.connections();
    ASSERT_EQ(connections.size(), 2U);
    EXPECT_EQ(states(connections[0].ends[0]),
              "SYN-SENT ESTABLISHED FIN-WAIT-1 FIN-WAIT-2 TIME-WAIT CLOSED");
}

TEST(RebuildClosing, OffersThatWhoeverIsNotHeardGaveUp) {
    Scene scene;
    scene.handshake();
    for (const double ms : {50.0, 300.0, 800.0, 1800.0}) {
        scene.client(ms, {.sequence = 101, .acknowledgment = 501, .payload = 10});
    }
    const CapturedConnection connection = scene.one();
    EXPECT_EQ(states(connection.ends[0]), "SYN-SENT ESTABLISHED CLOSED|ESTABLISHED");
    EXPECT_EQ(connection.ends[0].sent.retransmissions, 3U);
}

}  // namespace
}  // namespace tcpdx::capture
