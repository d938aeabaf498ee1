// How connections begin, or fail to.

#include <gtest/gtest.h>

#include <algorithm>

#include "sources/capture/scene_for_tests.h"

namespace tcpdx::capture {
namespace {

using namespace testing;
using std::chrono::milliseconds;

TEST(RebuildOpening, FollowsBothEndsThroughAHandshake) {
    const CapturedConnection connection = Scene().handshake().one();
    EXPECT_EQ(states(connection.ends[0]), "SYN-SENT ESTABLISHED");
    EXPECT_EQ(states(connection.ends[1]), "SYN-RECEIVED ESTABLISHED");
    EXPECT_EQ(connection.ends[0].opener, Opener::Active);
    EXPECT_EQ(connection.ends[1].opener, Opener::Passive);
    EXPECT_EQ(connection.near, NearEnd::First);
    EXPECT_EQ(connection.round_trip[1], milliseconds(10));
    EXPECT_EQ(connection.outcome, CapturedOutcome::Open);
}

TEST(RebuildOpening, PlacesTheFarEndHalfARoundTripAway) {
    const CapturedConnection connection = Scene().handshake().one();
    EXPECT_EQ(connection.ends[1].states[0].since - connection.first, milliseconds(5));
}

// Until the SYN+ACK is no longer repeated, no ACK has arrived (or the accept queue is full).
TEST(RebuildOpening, KeepsTheServerInSynReceivedWhileItRepeatsItsSynAck) {
    const CapturedConnection connection =
        Scene()
            .handshake()
            .server(1010, {.flags = kSyn | kAck, .sequence = 500, .acknowledgment = 101})
            .client(1010.1, {.sequence = 101, .acknowledgment = 501})
            .one();
    const auto& established = connection.ends[1].states.at(1);
    EXPECT_EQ(established.certain(), TcpState::Established);
    EXPECT_GT(established.since - connection.first, milliseconds(1000));
    EXPECT_LT(connection.ends[0].states.at(1).since - connection.first, milliseconds(20));
}

TEST(RebuildOpening, CallsASynWithoutAnswerUnansweredWithItsSchedule) {
    Scene scene;
    for (const double ms : {0.0, 1000.0, 3000.0, 7000.0}) {
        scene.client(ms, {.flags = kSyn, .sequence = 100});
    }
    const CapturedConnection connection = scene.one();
    EXPECT_EQ(connection.outcome, CapturedOutcome::Unanswered);
    EXPECT_EQ(connection.ends[0].sent.syn_retransmissions, 3U);
    EXPECT_EQ(connection.segments.size(), 4U);
    EXPECT_EQ(states(connection.ends[0]), "SYN-SENT CLOSED|SYN-SENT");
    EXPECT_EQ(states(connection.ends[1]), "CLOSED|LISTEN|SYN-RECEIVED");
    EXPECT_TRUE(connection.has(CaptureLimit::ListenerUnknown));
}

TEST(RebuildOpening, KnowsThatTheOpenerGaveUpWhenTheCaptureGoesOn) {
    Scene scene;
    scene.client(0, {.flags = kSyn, .sequence = 100});
    scene.client(1000, {.flags = kSyn, .sequence = 100});
    scene.port = 40001;
    scene.handshake(60'000);
    EXPECT_EQ(states(scene.one().ends[0]), "SYN-SENT CLOSED");
}

TEST(RebuildOpening, CallsASynThatAResetAnswersRefused) {
    const CapturedConnection connection =
        Scene()
            .client(0, {.flags = kSyn, .sequence = 100})
            .server(10, {.flags = kRst | kAck, .acknowledgment = 101})
            .one();
    EXPECT_EQ(connection.outcome, CapturedOutcome::Refused);
    EXPECT_EQ(states(connection.ends[0]), "SYN-SENT CLOSED");
    EXPECT_EQ(states(connection.ends[1]), "CLOSED");
}

TEST(RebuildOpening, IgnoresAResetThatDoesNotAcknowledgeTheSyn) {
    const CapturedConnection connection =
        Scene()
            .client(0, {.flags = kSyn, .sequence = 100})
            .server(10, {.flags = kRst | kAck, .acknowledgment = 999})
            .one();
    EXPECT_EQ(connection.ends[1].sent.ignored_resets, 1U);
    EXPECT_NE(connection.outcome, CapturedOutcome::Refused);
}

TEST(RebuildOpening, MatchesAnIcmpErrorToItsSyn) {
    const CapturedConnection connection =
        Scene().client(0, {.flags = kSyn, .sequence = 100}).icmp_to_client(10, 3, 13, 100).one();
    EXPECT_EQ(connection.outcome, CapturedOutcome::RefusedIcmp);
    EXPECT_EQ(states(connection.ends[0]), "SYN-SENT CLOSED");
    EXPECT_EQ(connection.ends[0].states[1].cause, CapturedCause::Icmp);
}

TEST(RebuildOpening, DoesNotBelieveAnIcmpErrorAboutAnotherSegment) {
    const CapturedConnection connection = Scene()
                                              .client(0, {.flags = kSyn, .sequence = 100})
                                              .icmp_to_client(10, 3, 13, 0x90000000)
                                              .one();
    EXPECT_EQ(connection.outcome, CapturedOutcome::Unanswered);
}

TEST(RebuildOpening, SeesBothEndsOpenAtOnce) {
    const CapturedConnection connection =
        Scene()
            .client(0, {.flags = kSyn, .sequence = 100})
            .server(5, {.flags = kSyn, .sequence = 500})
            .client(5.1, {.flags = kSyn | kAck, .sequence = 100, .acknowledgment = 501})
            .server(15, {.flags = kSyn | kAck, .sequence = 500, .acknowledgment = 101})
            .client(15.1, {.sequence = 101, .acknowledgment = 501, .payload = 3})
            .one();
    EXPECT_TRUE(connection.simultaneous_open);
    EXPECT_EQ(states(connection.ends[0]), "SYN-SENT SYN-RECEIVED ESTABLISHED");
    EXPECT_EQ(states(connection.ends[1]), "SYN-SENT SYN-RECEIVED ESTABLISHED");
}

// Who has sent no SYN+ACK may not have got the other's SYN, and then its SYN+ACK opens both ways.
TEST(RebuildOpening, LeavesOpenWhetherTheOthersSynArrivedWhereBothOpen) {
    const CapturedConnection connection =
        Scene()
            .client(0, {.flags = kSyn, .sequence = 100})
            .server(5, {.flags = kSyn, .sequence = 500})
            .client(5.1, {.flags = kSyn | kAck, .sequence = 100, .acknowledgment = 501})
            .server(15, {.sequence = 501, .acknowledgment = 101})
            .client(15.1, {.sequence = 101, .acknowledgment = 501, .payload = 3})
            .one();
    EXPECT_TRUE(connection.simultaneous_open);
    EXPECT_EQ(states(connection.ends[1]), "SYN-SENT SYN-SENT|SYN-RECEIVED ESTABLISHED");
}

TEST(RebuildOpening, FindsTheOpenerWhereTheSynIsMissingOrOvertaken) {
    const CapturedConnection missing =
        Scene()
            .server(10, {.flags = kSyn | kAck, .sequence = 500, .acknowledgment = 101})
            .client(10.1, {.sequence = 101, .acknowledgment = 501})
            .one();
    EXPECT_EQ(missing.ends[0].address.port, 40000);
    EXPECT_EQ(states(missing.ends[0]), "SYN-SENT ESTABLISHED");
    EXPECT_TRUE(missing.ends[0].states[0].inferred);

    Scene overtaken;
    overtaken.server(0, {.flags = kSyn | kAck, .sequence = 500, .acknowledgment = 101})
        .client(0.1, {.flags = kSyn, .sequence = 100})
        .client(0.2, {.sequence = 101, .acknowledgment = 501});
    const Captured captured = overtaken.all();
    ASSERT_EQ(captured.connections.size(), 1U);
    EXPECT_EQ(captured.connections[0].ends[0].address.port, 40000);
}

StateSet anything_since_established() {
    return StateSet::all()
        .remove(TcpState::Listen)
        .remove(TcpState::SynSent)
        .remove(TcpState::SynReceived);
}

TEST(RebuildOpening, InfersTheEndWhosePacketsWereNotCaptured) {
    const CapturedConnection connection =
        Scene()
            .server(10, {.flags = kSyn | kAck, .sequence = 500, .acknowledgment = 101})
            .server(30, {.sequence = 501, .acknowledgment = 104, .payload = 20})
            .one();
    EXPECT_TRUE(connection.has(CaptureLimit::OneDirection));
    // It may have closed or reset at any time since, and so may the server have been after its
    // data.
    EXPECT_EQ(connection.ends[0].states.front().certain(), TcpState::SynSent);
    EXPECT_TRUE(connection.ends[0].states.front().inferred);
    EXPECT_EQ(connection.ends[0].states.back().possible, anything_since_established());
    EXPECT_EQ(connection.ends[1].states.at(0).certain(), TcpState::SynReceived);
    EXPECT_EQ(connection.ends[1].states.at(1).possible,
              StateSet().add(TcpState::Established).add(TcpState::CloseWait));
    EXPECT_EQ(connection.ends[1].states.back().possible, anything_since_established());
}

TEST(RebuildOpening, SeesThatBothOpenedFromThePacketsOfOneEnd) {
    const CapturedConnection connection =
        Scene()
            .server(0, {.flags = kSyn, .sequence = 500})
            .server(10, {.flags = kSyn | kAck, .sequence = 500, .acknowledgment = 101})
            .server(30, {.sequence = 501, .acknowledgment = 101})
            .one();
    const CapturedEnd& unseen = connection.ends[connection.ends[0].sent.packets == 0 ? 0 : 1];
    ASSERT_EQ(unseen.sent.packets, 0U);
    const bool may_be_syn_received = std::any_of(
        unseen.states.begin(), unseen.states.end(),
        [](const CapturedState& state) { return state.possible.contains(TcpState::SynReceived); });
    EXPECT_TRUE(may_be_syn_received);
}

TEST(RebuildOpening, TellsConnectionsApartByTheAnswersAlone) {
    const auto connections =
        Scene()
            .server(0, {.flags = kSyn | kAck, .sequence = 500, .acknowledgment = 101})
            .server(400, {.flags = kSyn | kAck, .sequence = 9500, .acknowledgment = 7101})
            .connections();
    EXPECT_EQ(connections.size(), 2U);
}

TEST(RebuildOpening, TakesAnAnswerWithAnotherSynCookieForARepetition) {
    const auto connections =
        Scene()
            .server(0, {.flags = kSyn | kAck, .sequence = 500, .acknowledgment = 101})
            .server(1000, {.flags = kSyn | kAck, .sequence = 9500, .acknowledgment = 101})
            .connections();
    EXPECT_EQ(connections.size(), 1U);
}

TEST(RebuildOpening, LeavesOpenWhenTheHandshakeEndedIfItsLastPartWasNotCaptured) {
    // Without the ACK the listener would have sent its SYN+ACK again within a second.
    const CapturedConnection connection =
        Scene()
            .client(0, {.flags = kSyn, .sequence = 100})
            .server(10, {.flags = kSyn | kAck, .sequence = 500, .acknowledgment = 101})
            .client(7000, {.sequence = 101, .acknowledgment = 501})
            .one();
    ASSERT_EQ(states(connection.ends[1]), "SYN-RECEIVED ESTABLISHED");
    EXPECT_EQ(connection.ends[1].states[1].earliest,
              connection.first + std::chrono::milliseconds(10));
}

TEST(RebuildOpening, StartsANewConnectionForASynWithAnotherNumber) {
    Scene scene;
    scene.handshake().client(50, {.flags = kRst, .sequence = 101});
    scene.client(100, {.flags = kSyn, .sequence = 9'000'000});
    const Captured captured = scene.all();
    ASSERT_EQ(captured.connections.size(), 2U);
    EXPECT_EQ(captured.connections[1].previous, 1U);
    EXPECT_EQ(captured.connections[0].outcome, CapturedOutcome::Reset);
}

// RFC 5961, 4: a SYN into a live connection is challenged, and the answer to that is a reset.
TEST(RebuildOpening, SortsAChallengeToTheOldConnectionOnTheSamePorts) {
    Scene scene;
    scene.handshake();
    scene.client(5000, {.flags = kSyn, .sequence = 5'000'000});
    scene.server(5010, {.sequence = 501, .acknowledgment = 101});
    scene.client(5010.1, {.flags = kRst, .sequence = 101});
    scene.client(6000, {.flags = kSyn, .sequence = 5'000'000});
    scene.server(6010, {.flags = kSyn | kAck, .sequence = 9'000'000, .acknowledgment = 5'000'001});
    scene.client(6010.1, {.sequence = 5'000'001, .acknowledgment = 9'000'001});
    const Captured captured = scene.all();
    ASSERT_EQ(captured.connections.size(), 2U);
    const auto& old = captured.connections[0];
    // How the client's old socket ended is not in the capture, only that it has.
    EXPECT_EQ(states(old.ends[0]),
              "SYN-SENT ESTABLISHED "
              "CLOSED|ESTABLISHED|FIN-WAIT-1|FIN-WAIT-2|CLOSE-WAIT|CLOSING|LAST-ACK|TIME-WAIT "
              "CLOSED");
    EXPECT_EQ(old.ends[0].states[3].cause, CapturedCause::NewOpen);
    EXPECT_EQ(states(old.ends[1]), "SYN-RECEIVED ESTABLISHED CLOSED");
    EXPECT_EQ(states(captured.connections[1].ends[0]), "SYN-SENT ESTABLISHED");
    EXPECT_EQ(states(captured.connections[1].ends[1]), "SYN-RECEIVED ESTABLISHED");
}

TEST(RebuildOpening, TakesASynAckBehindItsAcknowledgmentForALaterCopy) {
    // The first SYN+ACK was not captured, and its acknowledgment was lost behind the capture.
    Scene scene;
    scene.client(0, {.flags = kSyn, .sequence = 100});
    scene.client(180, {.sequence = 101, .acknowledgment = 501});
    scene.server(1200, {.flags = kSyn | kAck, .sequence = 500, .acknowledgment = 101});
    scene.client(1200.1, {.sequence = 101, .acknowledgment = 501});
    scene.server(1380, {.sequence = 501, .acknowledgment = 101, .payload = 7});
    scene.client(1380.1, {.sequence = 101, .acknowledgment = 508});
    scene.client(1600, {.flags = kFin | kAck, .sequence = 101, .acknowledgment = 508});
    scene.server(1700, {.flags = kFin | kAck, .sequence = 508, .acknowledgment = 102});
    scene.client(1700.1, {.sequence = 102, .acknowledgment = 509});
    EXPECT_EQ(states(scene.one().ends[1]), "SYN-RECEIVED ESTABLISHED CLOSE-WAIT LAST-ACK CLOSED");
}

TEST(RebuildOpening, GoesOnOpeningWhenItResetsAConnectionFromBeforeTheCapture) {
    // The server still has the connection before: a challenge, a reset, and the SYN again.
    Scene scene;
    scene.client(0, {.flags = kSyn, .sequence = 5'000'000});
    scene.server(10, {.sequence = 501, .acknowledgment = 104});
    scene.client(10.1, {.flags = kRst, .sequence = 104});
    scene.client(1000, {.flags = kSyn, .sequence = 5'000'000});
    scene.server(1010, {.flags = kSyn | kAck, .sequence = 9'000'000, .acknowledgment = 5'000'001});
    scene.client(1010.1, {.sequence = 5'000'001, .acknowledgment = 9'000'001});
    const CapturedConnection connection = scene.one();
    EXPECT_EQ(connection.outcome, CapturedOutcome::Open);
    EXPECT_EQ(states(connection.ends[0]), "SYN-SENT ESTABLISHED");
    EXPECT_EQ(states(connection.ends[1]), "SYN-RECEIVED ESTABLISHED");
}

// Somebody on the way sends SYNs in the client's name; the server challenges the client each time.
void put_two_syns_into_a_live_connection(Scene& scene) {
    scene.handshake();
    for (const std::uint32_t sequence : {5'000'000U, 7'000'000U}) {
        const double ms = sequence / 1000.0;
        scene.client(ms, {.flags = kSyn, .sequence = sequence});
        scene.server(ms + 10, {.sequence = 501, .acknowledgment = 101});
    }
}

TEST(RebuildOpening, TakesASynForForgedWhenItsSenderGoesOnWithWhatItHad) {
    Scene scene;
    put_two_syns_into_a_live_connection(scene);
    scene.client(9000, {.flags = kFin | kAck, .sequence = 101, .acknowledgment = 501});
    scene.server(9010, {.flags = kFin | kAck, .sequence = 501, .acknowledgment = 102});
    scene.client(9010.1, {.sequence = 102, .acknowledgment = 502});
    scene.server(9020, {.sequence = 502, .acknowledgment = 102});
    const auto found = scene.connections();
    ASSERT_EQ(found.size(), 3U);
    EXPECT_EQ(states(found[0].ends[0]), "SYN-SENT ESTABLISHED FIN-WAIT-1 FIN-WAIT-2 TIME-WAIT");
    EXPECT_EQ(states(found[0].ends[1]), "SYN-RECEIVED ESTABLISHED CLOSE-WAIT LAST-ACK CLOSED");
    for (const std::size_t forged : {1U, 2U}) {
        EXPECT_EQ(found[forged].outcome, CapturedOutcome::Stray);
        EXPECT_TRUE(found[forged].has(CaptureLimit::SynNotSent));
        EXPECT_EQ(states(found[forged].ends[0]) + states(found[forged].ends[1]), "");
    }
}

TEST(RebuildOpening, TakesASynForForgedWhenItsSenderAcknowledgesWhatCameAfter) {
    Scene scene;
    put_two_syns_into_a_live_connection(scene);
    scene.server(9000, {.sequence = 501, .acknowledgment = 101, .payload = 100});
    scene.client(9000.1, {.sequence = 101, .acknowledgment = 601});
    const auto found = scene.connections();
    ASSERT_EQ(found.size(), 3U);
    EXPECT_EQ(states(found[0].ends[0]), "SYN-SENT ESTABLISHED");
    EXPECT_TRUE(found[1].has(CaptureLimit::SynNotSent));
    EXPECT_TRUE(found[2].has(CaptureLimit::SynNotSent));
}

TEST(RebuildOpening, SaysThatAnEndIsUnknownMidWay) {
    const CapturedConnection connection =
        Scene()
            .client(0, {.sequence = 101, .acknowledgment = 501, .payload = 5})
            .server(10, {.sequence = 501, .acknowledgment = 106})
            .one();
    EXPECT_TRUE(connection.has(CaptureLimit::StartsMidWay));
    EXPECT_EQ(states(connection.ends[0]), "ESTABLISHED|CLOSE-WAIT");
    EXPECT_EQ(connection.ends[0].opener, Opener::Unknown);
}

TEST(RebuildOpening, LearnsWhatAnEndHadBeenInFromWhatItDoesLater) {
    const CapturedConnection connection =
        Scene()
            .client(0, {.sequence = 101, .acknowledgment = 501, .payload = 5})
            .server(10, {.sequence = 501, .acknowledgment = 106, .payload = 5})
            .client(20, {.flags = kFin | kAck, .sequence = 106, .acknowledgment = 506})
            .server(30, {.flags = kFin | kAck, .sequence = 506, .acknowledgment = 107})
            .client(30.1, {.sequence = 107, .acknowledgment = 507})
            .one();
    EXPECT_EQ(states(connection.ends[0]), "ESTABLISHED FIN-WAIT-1 FIN-WAIT-2 TIME-WAIT");
    EXPECT_EQ(states(connection.ends[1]), "ESTABLISHED CLOSE-WAIT LAST-ACK CLOSED");
}

TEST(RebuildOpening, MatchesTheTwoSidesOfAnAddressTranslator) {
    Scene scene;
    scene.client(0, {.flags = kSyn, .sequence = 100});
    scene.client_address = 0x0a000009;
    scene.port = 50000;
    scene.client(0.1, {.flags = kSyn, .sequence = 100});
    scene.server(5, {.flags = kSyn | kAck, .sequence = 500, .acknowledgment = 101});
    scene.client_address = kClient;
    scene.port = 40000;
    scene.server(5.1, {.flags = kSyn | kAck, .sequence = 500, .acknowledgment = 101});
    const Captured captured = scene.all();
    ASSERT_EQ(captured.connections.size(), 2U);
    EXPECT_EQ(captured.connections[0].translation, 2U);
    EXPECT_EQ(captured.connections[1].translation, 1U);
}

}  // namespace
}  // namespace tcpdx::capture
