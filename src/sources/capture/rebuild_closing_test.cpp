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
    EXPECT_EQ(connection.reset_from, 1);
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
    EXPECT_EQ(connection.reset_from, 1);
    ASSERT_TRUE(connection.reset_hit);
    EXPECT_EQ(connection.reset_hit->certain(), TcpState::FinWait1);
}

TEST(RebuildClosing, LeavesOpenWhoClosedFirstWhereTheOtherSaidNothingSinceTheCaptureBegan) {
    // The client's FIN may have come before: its acknowledgments look the same then.
    const CapturedConnection connection =
        Scene()
            .server(0, {.sequence = 9000, .acknowledgment = 700, .payload = 10})
            .client(10, {.sequence = 700, .acknowledgment = 9100})  // more than was captured
            .server(20, {.flags = kFin | kAck, .sequence = 9100, .acknowledgment = 700})
            .client(30, {.sequence = 700, .acknowledgment = 9101})
            .one();
    const CapturedEnd& server = connection.ends[connection.ends[0].address.port == 80 ? 0 : 1];
    for (const CapturedState& state : server.states) {
        EXPECT_NE(state.certain(), TcpState::FinWait1);
    }
}

TEST(RebuildClosing, SeesFromASecondResetThatSomethingWasNotCaptured) {
    Scene scene;
    scene.handshake();
    scene.client(20, {.sequence = 101, .acknowledgment = 501, .payload = 3});
    scene.server(30, {.sequence = 501, .acknowledgment = 104});
    // The client's FIN at 90 ms is lost on the way to the capture, and answered by the second.
    scene.server(100, {.flags = kRst | kAck, .sequence = 501, .acknowledgment = 104});
    scene.server(110, {.flags = kRst, .sequence = 501});
    const CapturedEnd client = scene.one().ends[0];
    ASSERT_EQ(client.states.size(), 4U) << states(client);
    EXPECT_TRUE(client.states[2].possible.contains(TcpState::FinWait1));
    EXPECT_LT(client.states[2].since, client.states[1].since + milliseconds(20));
}

TEST(RebuildClosing, LetsASecondResetAnswerWhatWasUnderWay) {
    Scene scene;
    scene.handshake();
    scene.client(20, {.sequence = 101, .acknowledgment = 501, .payload = 3});
    scene.server(30, {.flags = kRst | kAck, .sequence = 501, .acknowledgment = 101});
    scene.server(30.1, {.flags = kRst, .sequence = 501});
    EXPECT_EQ(states(scene.one().ends[0]), "SYN-SENT ESTABLISHED CLOSED");
}

TEST(RebuildClosing, LetsCloseComeAsSoonAsTheWindowHoldsSomethingBack) {
    Scene scene;
    scene.handshake();
    scene.server(11, {.sequence = 501, .acknowledgment = 101, .window = 1000});
    scene.client(20, {.sequence = 101, .acknowledgment = 501, .payload = 1000});
    scene.server(1000, {.sequence = 501, .acknowledgment = 1101, .window = 0});
    scene.server(5000, {.flags = kRst | kAck, .sequence = 501, .acknowledgment = 1101});
    const CapturedEnd client = scene.one().ends[0];
    ASSERT_EQ(states(client), "SYN-SENT ESTABLISHED ESTABLISHED|FIN-WAIT-1 CLOSED");
    EXPECT_LT(client.states[2].since, client.states[0].since + milliseconds(25));
}

TEST(RebuildClosing, LeavesOpenWhetherAnUnseenAckCameBeforeTheReset) {
    Scene scene;
    scene.client(0, {.flags = kSyn, .sequence = 100});
    scene.server(10, {.flags = kSyn | kAck, .sequence = 500, .acknowledgment = 101});
    scene.server(20, {.flags = kRst | kAck, .sequence = 501, .acknowledgment = 101});
    EXPECT_EQ(states(scene.one().ends[1]), "SYN-RECEIVED SYN-RECEIVED|ESTABLISHED CLOSED");
}

// The next round trip may be a little shorter than the one of the handshake.
TEST(RebuildClosing, LetsTheAckArriveBeforeTheResetThatComesARoundTripLater) {
    const CapturedConnection connection =
        Scene()
            .handshake()
            .server(20.08, {.flags = kRst | kAck, .sequence = 501, .acknowledgment = 101})
            .one();
    EXPECT_EQ(states(connection.ends[1]), "SYN-RECEIVED ESTABLISHED CLOSED");
    const CapturedConnection sooner =
        Scene()
            .handshake()
            .server(15, {.flags = kRst | kAck, .sequence = 501, .acknowledgment = 101})
            .one();
    EXPECT_EQ(states(sooner.ends[1]), "SYN-RECEIVED CLOSED");
}

TEST(RebuildClosing, TakesAResetThatAcknowledgesTheFinForItsArrival) {
    Scene scene;
    scene.handshake();
    scene.client(20, {.flags = kFin | kAck, .sequence = 101, .acknowledgment = 501});
    scene.server(30, {.flags = kRst | kAck, .sequence = 501, .acknowledgment = 102});
    const CapturedConnection connection = scene.one();
    EXPECT_EQ(states(connection.ends[0]), "SYN-SENT ESTABLISHED FIN-WAIT-1 CLOSED");
    EXPECT_EQ(states(connection.ends[1]), "SYN-RECEIVED ESTABLISHED CLOSE-WAIT CLOSED");
}

TEST(RebuildClosing, KnowsNothingOfAnEndThatIsOnlyReset) {
    Scene scene;
    scene.server(0, {.flags = kRst | kAck, .sequence = 0, .acknowledgment = 101});
    const CapturedConnection connection = scene.one();
    ASSERT_EQ(connection.ends[0].address.port, 80);
    EXPECT_EQ(connection.ends[1].states.front().possible, StateSet::all());
}

// In the server's name: its own packets come with 63 hops left.
Captured reset_of_an_open_connection(int hops) {
    Scene scene;
    scene.handshake();
    const Bytes segment = tcp({.source_port = 80,
                               .destination_port = 40000,
                               .sequence = 501,
                               .acknowledgment = 101,
                               .flags = kRst | kAck});
    scene.put_packet(
        20, ip4(segment, {.source = kServer, .destination = kClient, .id = 7, .hops = hops}));
    return scene.all();
}

TEST(RebuildClosing, TellsHowManyHopsAResetHadLeft) {
    const CapturedFlow own = reset_of_an_open_connection(63).connections.at(0).ends[1].sent;
    EXPECT_EQ(own.hop_limit, 63);
    EXPECT_EQ(own.reset_hop_limit, 63);
    const CapturedFlow forged = reset_of_an_open_connection(64).connections.at(0).ends[1].sent;
    EXPECT_EQ(forged.hop_limit, 63);
    EXPECT_EQ(forged.reset_hop_limit, 64);
}

TEST(RebuildClosing, HoldsTheHopsOfAResetAgainstNothingWhereNothingElseCame) {
    Scene scene;
    scene.client(0, {.flags = kSyn, .sequence = 100});
    scene.server(10, {.flags = kRst | kAck, .acknowledgment = 101});
    const CapturedFlow server = scene.one().ends[1].sent;
    EXPECT_EQ(server.hop_limit, 63);
    EXPECT_EQ(server.reset_hop_limit, 0);
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

TEST(RebuildClosing, SeesInTheNumberOfAnAckThatItsSendersFinWasLost) {
    // Both close at once; the server's FIN is lost on the way here, its next ACK is numbered
    // behind it.
    Scene scene;
    scene.handshake()
        .client(100, {.flags = kFin | kAck, .sequence = 101, .acknowledgment = 501})
        .server(110, {.sequence = 502, .acknowledgment = 102})
        .server(400, {.flags = kFin | kAck, .sequence = 501, .acknowledgment = 102})
        .client(400.1, {.sequence = 102, .acknowledgment = 502});
    const CapturedConnection connection = scene.one();
    EXPECT_EQ(states(connection.ends[1]), "SYN-RECEIVED ESTABLISHED FIN-WAIT-1 CLOSING TIME-WAIT");
    EXPECT_EQ(states(connection.ends[0]), "SYN-SENT ESTABLISHED FIN-WAIT-1 FIN-WAIT-2 TIME-WAIT");
    EXPECT_TRUE(connection.simultaneous_close);
}

TEST(RebuildClosing, TakesAFinThatFollowsItsAckForClosedLater) {
    Scene scene;
    scene.handshake()
        .client(100, {.flags = kFin | kAck, .sequence = 101, .acknowledgment = 501})
        .server(110, {.sequence = 501, .acknowledgment = 102})
        .server(400, {.flags = kFin | kAck, .sequence = 501, .acknowledgment = 102})
        .client(400.1, {.sequence = 102, .acknowledgment = 502});
    EXPECT_EQ(states(scene.one().ends[1]), "SYN-RECEIVED ESTABLISHED CLOSE-WAIT LAST-ACK CLOSED");
}

TEST(RebuildClosing, LetsTheSecondCopyOfAFinCarryTheAckOfTheOther) {
    // The client's first FIN is lost behind the capture, the ACK of the server's FIN is not.
    Scene scene;
    scene.handshake()
        .server(109, {.flags = kFin | kAck, .sequence = 501, .acknowledgment = 101})
        .client(109.1, {.flags = kFin | kAck, .sequence = 101, .acknowledgment = 501})
        .client(109.2, {.sequence = 102, .acknowledgment = 502})
        .client(400, {.flags = kFin | kAck, .sequence = 101, .acknowledgment = 502})
        .server(410, {.sequence = 502, .acknowledgment = 102});
    EXPECT_EQ(states(scene.one().ends[1]),
              "SYN-RECEIVED ESTABLISHED FIN-WAIT-1 FIN-WAIT-2 TIME-WAIT");
}

TEST(RebuildClosing, HoldsLastAckWhileDataBehindTheFinIsSentAgain) {
    Scene scene;
    scene.handshake()
        .client(50, {.flags = kFin | kAck, .sequence = 101, .acknowledgment = 501})
        .server(60, {.sequence = 501, .acknowledgment = 102, .payload = 10})
        .server(60.1, {.flags = kFin | kAck, .sequence = 511, .acknowledgment = 102})
        .client(60.2, {.sequence = 102, .acknowledgment = 512})
        .server(900, {.sequence = 501, .acknowledgment = 102, .payload = 10})
        .client(900.1, {.sequence = 102, .acknowledgment = 512});
    const CapturedConnection connection = scene.one();
    ASSERT_EQ(states(connection.ends[1]), "SYN-RECEIVED ESTABLISHED CLOSE-WAIT LAST-ACK CLOSED");
    EXPECT_GE(connection.ends[1].states.back().since,
              connection.first + std::chrono::milliseconds(900));
}

TEST(RebuildClosing, LeavesOpenWhatBecameOfAnEndThatDoesNotAnswer) {
    Scene scene;
    scene.handshake();
    for (const double ms : {50.0, 300.0, 800.0, 1800.0}) {
        scene.client(ms, {.sequence = 101, .acknowledgment = 501, .payload = 10});
    }
    EXPECT_EQ(states(scene.one().ends[1]),
              "SYN-RECEIVED ESTABLISHED CLOSED|ESTABLISHED|FIN-WAIT-1");
}

TEST(RebuildClosing, DoesNotRelyOnAResetOfAnEndThatHearsNothing) {
    Scene scene;
    scene.handshake();
    for (const double ms : {1000.0, 2000.0, 3000.0}) {
        scene.client(ms, {.sequence = 100, .acknowledgment = 501});
    }
    scene.client(4000, {.flags = kRst | kAck, .sequence = 101, .acknowledgment = 501});
    const CapturedConnection connection = scene.one();
    EXPECT_EQ(states(connection.ends[0]), "SYN-SENT ESTABLISHED CLOSED");
    EXPECT_EQ(states(connection.ends[1]),
              "SYN-RECEIVED ESTABLISHED CLOSED|ESTABLISHED CLOSED|ESTABLISHED|FIN-WAIT-1");
    EXPECT_EQ(connection.ends[0].sent.keepalives, 3U) << "also of an end that never sent data";
}

TEST(RebuildClosing, EndsTimeWaitOfAListenerThatAcceptsTheNextSyn) {
    Scene scene;
    scene.handshake()
        .server(50, {.flags = kFin | kAck, .sequence = 501, .acknowledgment = 101})
        .client(50.1, {.flags = kFin | kAck, .sequence = 101, .acknowledgment = 502})
        .server(60, {.sequence = 502, .acknowledgment = 102})
        .client(5000, {.flags = kSyn, .sequence = 70'000})
        .server(5010, {.flags = kSyn | kAck, .sequence = 90'000, .acknowledgment = 70'001});
    const auto connections = scene.connections();
    ASSERT_EQ(connections.size(), 2U);
    EXPECT_EQ(states(connections[0].ends[1]),
              "SYN-RECEIVED ESTABLISHED FIN-WAIT-1 FIN-WAIT-2 TIME-WAIT CLOSED");
    EXPECT_EQ(connections[0].ends[1].states.back().since,
              connections[1].ends[1].states.front().since);
}

TEST(RebuildClosing, LeavesTimeWaitAloneWhenTheNextSynIsNotAccepted) {
    Scene scene;
    scene.handshake()
        .server(50, {.flags = kFin | kAck, .sequence = 501, .acknowledgment = 101})
        .client(50.1, {.flags = kFin | kAck, .sequence = 101, .acknowledgment = 502})
        .server(60, {.sequence = 502, .acknowledgment = 102})
        .client(5000, {.flags = kSyn, .sequence = 70'000});
    EXPECT_EQ(states(scene.connections()[0].ends[1]),
              "SYN-RECEIVED ESTABLISHED FIN-WAIT-1 FIN-WAIT-2 TIME-WAIT");
}

TEST(RebuildClosing, LetsCloseComeEarlyWhenTheWindowHeldTheFinBack) {
    // 20 bytes fit; the client always has all of the window under way.
    Scene scene;
    scene.client(0, {.flags = kSyn, .sequence = 100})
        .server(10, {.flags = kSyn | kAck, .sequence = 500, .acknowledgment = 101, .window = 20})
        .client(10.1, {.sequence = 101, .acknowledgment = 501});
    scene.server(11, {.sequence = 501, .acknowledgment = 101, .window = 20});
    for (std::uint32_t i = 0; i < 10; ++i) {
        scene
            .client(20 + i * 100.0,
                    {.sequence = 101 + i * 20, .acknowledgment = 501, .payload = 20})
            .server(110 + i * 100.0,
                    {.sequence = 501, .acknowledgment = 121 + i * 20, .window = 20});
    }
    scene.client(1200, {.flags = kFin | kAck, .sequence = 301, .acknowledgment = 501});
    const CapturedConnection connection = scene.one();
    ASSERT_EQ(states(connection.ends[0]), "SYN-SENT ESTABLISHED FIN-WAIT-1");
    EXPECT_LT(*connection.ends[0].states[2].earliest,
              connection.first + std::chrono::milliseconds(30));
}

TEST(RebuildClosing, SaysThatAFinMayBeAmongWhatWasNotCaptured) {
    // The server's FIN is not in the capture, the client's ACK of it is.
    Scene scene;
    scene.handshake()
        .client(50, {.flags = kFin | kAck, .sequence = 101, .acknowledgment = 501})
        .server(60, {.sequence = 501, .acknowledgment = 102})
        .client(90, {.sequence = 102, .acknowledgment = 502});
    const CapturedConnection connection = scene.one();
    EXPECT_TRUE(connection.has(CaptureLimit::PacketsMissing));
    const auto& client = connection.ends[0].states;
    ASSERT_GE(client.size(), 4U);
    EXPECT_EQ(client[2].certain(), TcpState::FinWait1);
    EXPECT_TRUE(client.back().possible.contains(TcpState::FinWait2));
    EXPECT_TRUE(client.back().possible.contains(TcpState::TimeWait));
    EXPECT_FALSE(client.back().possible.contains(TcpState::Established));
    EXPECT_EQ(states(connection.ends[1]),
              "SYN-RECEIVED ESTABLISHED|CLOSE-WAIT CLOSE-WAIT "
              "CLOSED|CLOSE-WAIT|LAST-ACK");
}

TEST(RebuildClosing, KnowsThatAFinWithNobodySeenMayHaveBeenAnswered) {
    Scene scene;
    scene.client(0, {.flags = kSyn, .sequence = 100})
        .client(10, {.sequence = 101, .acknowledgment = 501})
        .client(50, {.flags = kFin | kAck, .sequence = 101, .acknowledgment = 501});
    const CapturedConnection connection = scene.one();
    EXPECT_TRUE(connection.ends[0].states.back().possible.contains(TcpState::TimeWait));
    EXPECT_TRUE(connection.ends[0].states.back().possible.contains(TcpState::FinWait1));
}

TEST(RebuildClosing, FindsRoomForAFinThatWasNotCapturedWithinAMillisecond) {
    Scene scene;
    scene.client(0, {.flags = kSyn, .sequence = 100})
        .server(0.04, {.flags = kSyn | kAck, .sequence = 500, .acknowledgment = 101})
        .client(0.06, {.sequence = 101, .acknowledgment = 501})
        .client(0.1, {.sequence = 101, .acknowledgment = 501, .payload = 100})
        .server(0.5, {.sequence = 501, .acknowledgment = 202, .payload = 10})
        .client(0.6, {.sequence = 202, .acknowledgment = 511})
        .server(300, {.flags = kFin | kAck, .sequence = 511, .acknowledgment = 202})
        .client(300.1, {.sequence = 202, .acknowledgment = 512});
    const CapturedConnection connection = scene.one();
    EXPECT_TRUE(connection.ends[0].states.back().possible.contains(TcpState::TimeWait));
    EXPECT_TRUE(connection.ends[1].states.back().possible.contains(TcpState::Closed));
}

// A host that has rebooted, or whose reset was lost, answers what is still sent to it by another.
TEST(RebuildClosing, EndsWithTheSecondResetWhereTheFirstWasLost) {
    Scene scene;
    scene.handshake();
    scene.server(1000, {.flags = kRst | kAck, .sequence = 501, .acknowledgment = 101})
        .client(3000, {.sequence = 101, .acknowledgment = 501, .payload = 5})
        .server(3010, {.flags = kRst, .sequence = 501});
    const CapturedConnection connection = scene.one();
    EXPECT_EQ(states(connection.ends[0]), "SYN-SENT ESTABLISHED CLOSED");
    EXPECT_EQ(connection.ends[0].states.back().packet, 6U);
}

// tcp_fin_timeout ends FIN-WAIT-2 of a closed socket without a packet.
TEST(RebuildClosing, KnowsThatAResetForAFinComesFromNoSocket) {
    Scene scene;
    scene.handshake();
    scene.client(1000, {.flags = kFin | kAck, .sequence = 101, .acknowledgment = 501})
        .server(1010, {.sequence = 501, .acknowledgment = 102})
        .server(90000, {.flags = kFin | kAck, .sequence = 501, .acknowledgment = 102})
        .client(90000.1, {.flags = kRst, .sequence = 102});
    const CapturedEnd end = scene.one().ends[0];
    EXPECT_EQ(states(end),
              "SYN-SENT ESTABLISHED FIN-WAIT-1 FIN-WAIT-2 CLOSED|FIN-WAIT-2|TIME-WAIT CLOSED");
    // FIN-WAIT-2 is told alone only for the moment that the ACK proves.
    EXPECT_LT(*end.states[3].until - end.states[3].since, std::chrono::milliseconds(1));
}

// The same packets as of an orderly close, but the records of both FINs have changed places.
TEST(RebuildClosing, LeavesOpenWhoseFinCameFirstWhereTimesGoBack) {
    Scene scene;
    scene.handshake();
    scene.server(50.2, {.flags = kFin | kAck, .sequence = 501, .acknowledgment = 101})
        .client(50, {.flags = kFin | kAck, .sequence = 101, .acknowledgment = 501})
        .client(50.4, {.sequence = 102, .acknowledgment = 502})
        .server(50.5, {.sequence = 502, .acknowledgment = 102});
    const CapturedConnection connection = scene.one();
    EXPECT_TRUE(connection.has(CaptureLimit::NoTimes));
    EXPECT_NE(states(connection.ends[0]).find("LAST-ACK"), std::string::npos)
        << states(connection.ends[0]);
}

}  // namespace
}  // namespace tcpdx::capture
