#include "model/trace/life_tracker.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>

#include "model/trace/events_for_tests.h"

namespace tcpdx::trace {
namespace {

using namespace std::chrono_literals;
using enum TcpState;
using enum EventKind;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

class LifeTrackerTest : public testing::Test {
protected:
    void play(const std::vector<Event>& events) {
        for (const Event& event : events) {
            tracker_.apply(event);
            last_ = event.at;
        }
        tracker_.advance(last_ + 1s);
    }
    void play_active_open() {
        play({by(client_.change(1ms, Closed, SynSent), 42, "curl"),
              client_.change(2ms, SynSent, Established)});
    }
    void play_passive_open() {
        play({server_.request(RequestStarted, 1ms), server_.child(2ms),
              server_.request(RequestStopped, 2ms), server_.change(2ms, SynReceived, Established)});
    }
    [[nodiscard]] const Life& only_life() const {
        EXPECT_THAT(told_.lives, SizeIs(1));
        return told_.lives.front();
    }
    void be_settled() { tracker_.join({.network_namespace = 7, .done = Time(1)}); }

    Told told_;
    LifeTracker tracker_{{}, told_};
    End client_{1, kClientEnd, kServerEnd};
    End server_{2, kServerEnd, kClientEnd};
    Time last_{0};
};

TEST_F(LifeTrackerTest, FollowsAnActiveCloseThroughTimeWait) {
    play_active_open();
    Event handed_over = client_.change(22ms, FinWait2, Closed);
    handed_over.counters = EventCounters{.bytes_acked = 102, .bytes_received = 50};
    play({by(client_.change(20ms, Established, FinWait1), 42, "curl"),
          client_.change(21ms, FinWait1, FinWait2), client_.event(TimeWaitStarted, 22ms, TimeWait),
          handed_over});
    EXPECT_THAT(told_.lives, IsEmpty());
    play({client_.event(TimeWaitExpired, 60s, TimeWait)});

    EXPECT_THAT(told_.steps, ElementsAre("CLOSED > SYN-SENT", "SYN-SENT > ESTABLISHED",
                                         "ESTABLISHED > FIN-WAIT-1", "FIN-WAIT-1 > FIN-WAIT-2",
                                         "FIN-WAIT-2 > TIME-WAIT", "TIME-WAIT > CLOSED"));
    const Life& life = only_life();
    EXPECT_EQ(life.ending, Ending::Closed);
    EXPECT_EQ(life.first_fin, Closer::Local);
    EXPECT_EQ(life.opener, Opener::Active);
    EXPECT_EQ(life.owner.process, 42);
    EXPECT_EQ(life.bytes_sent, 100U);  // without SYN and FIN
    EXPECT_EQ(life.bytes_received, 50U);
    EXPECT_TRUE(life.complete());
}

TEST_F(LifeTrackerTest, JoinsARequestSocketToTheConnectionThatItBecomes) {
    play_passive_open();
    play({server_.change(20ms, Established, CloseWait),
          by(server_.change(30ms, CloseWait, LastAck), 77, "nginx"),
          server_.change(31ms, LastAck, Closed)});

    EXPECT_THAT(told_.steps, ElementsAre("LISTEN > SYN-RECEIVED", "SYN-RECEIVED > ESTABLISHED",
                                         "ESTABLISHED > CLOSE-WAIT", "CLOSE-WAIT > LAST-ACK",
                                         "LAST-ACK > CLOSED"));
    const Life& life = only_life();
    EXPECT_EQ(life.opener, Opener::Passive);
    EXPECT_EQ(life.ending, Ending::Closed);
    EXPECT_EQ(life.first_fin, Closer::Peer);
    EXPECT_EQ(life.owner.process, 77);
    EXPECT_EQ(dwell_in(life, 0, {}).lower, 1ms);  // SYN-RECEIVED, from the request on
}

TEST_F(LifeTrackerTest, TellsAStepOnlyWhenWhatExplainsItCanHaveCome) {
    tracker_.apply(by(client_.change(1ms, Closed, SynSent), 42, "curl"));
    tracker_.advance(2ms);
    EXPECT_THAT(told_.steps, IsEmpty());
    tracker_.advance(10ms);
    EXPECT_THAT(told_.steps, SizeIs(1));
}

TEST_F(LifeTrackerTest, WaitsForThePortThatConnectChoosesLater) {
    SocketAddress portless = kClientEnd;
    portless.port = 0;
    const End connecting(1, portless, kServerEnd);
    tracker_.apply(connecting.change(1ms, Closed, SynSent));
    tracker_.advance(60ms);
    EXPECT_THAT(told_.steps, IsEmpty());
    EXPECT_TRUE(tracker_.lacks_ports());
    play({client_.change(70ms, SynSent, Established)});
    EXPECT_THAT(told_.steps, SizeIs(2));
    EXPECT_FALSE(tracker_.lacks_ports());
}

TEST_F(LifeTrackerTest, TakesAMissingPortFromASnapshot) {
    SocketAddress portless = kClientEnd;
    portless.port = 0;
    tracker_.apply(End(1, portless, kServerEnd).change(1ms, Closed, SynSent));
    tracker_.advance(60ms);
    Connection listed{.local = kClientEnd, .remote = kServerEnd, .state = SynSent};
    listed.cookie = 1;
    tracker_.join({.network_namespace = 7,
                   .connections = {&listed, 1},
                   .begun = 61ms,
                   .done = 62ms,
                   .complete = false});
    EXPECT_THAT(told_.steps, ElementsAre("CLOSED > SYN-SENT"));
}

TEST_F(LifeTrackerTest, NamesTheEndOfAConnectThatIsRefused) {
    play({client_.change(1ms, Closed, SynSent), client_.event(ResetReceived, 2ms, SynSent),
          with_error(client_.change(2ms, SynSent, Closed), ECONNREFUSED)});
    EXPECT_EQ(only_life().ending, Ending::Refused);
    EXPECT_EQ(told_.causes.back(), "RST received: connection refused");
}

TEST_F(LifeTrackerTest, TellsAnIcmpErrorFromARefusal) {
    play({client_.change(1ms, Closed, SynSent),
          with_error(client_.change(2ms, SynSent, Closed), EHOSTUNREACH)});
    EXPECT_EQ(only_life().ending, Ending::Unreachable);
    EXPECT_EQ(told_.causes.back(), "ICMP error received");
}

TEST_F(LifeTrackerTest, CountsTheSynsOfAConnectThatIsNotAnswered) {
    play({client_.change(1ms, Closed, SynSent), client_.event(Retransmission, 1s, SynSent),
          client_.event(Retransmission, 3s, SynSent),
          with_error(client_.change(7s, SynSent, Closed), ETIMEDOUT)});
    EXPECT_EQ(only_life().ending, Ending::Unanswered);
    EXPECT_EQ(only_life().syn_retransmissions, 2U);
    EXPECT_EQ(told_.causes.back(), "SYN retries used up");
}

TEST_F(LifeTrackerTest, RecognisesAConnectThatFoundNoSourcePort) {
    SocketAddress portless = kClientEnd;
    portless.port = 0;
    const End connecting(1, portless, kServerEnd);
    play({connecting.change(1ms, Closed, SynSent), connecting.change(1ms, SynSent, Closed)});
    EXPECT_EQ(only_life().ending, Ending::NoSourcePort);
}

TEST_F(LifeTrackerTest, KeepsApartTwoConnectsOfOneSocket) {
    play({client_.change(1ms, Closed, SynSent), client_.event(ResetReceived, 2ms, SynSent),
          with_error(client_.change(2ms, SynSent, Closed), ECONNREFUSED),
          client_.change(3ms, Closed, SynSent), client_.change(4ms, SynSent, Established)});
    EXPECT_THAT(told_.lives, SizeIs(1));
    EXPECT_EQ(tracker_.open_lives(), 1U);
    EXPECT_EQ(told_.steps.back(), "SYN-SENT > ESTABLISHED");
}

TEST_F(LifeTrackerTest, NamesWhoResetAndWhyWhenTheReasonComesAfterTheEnd) {
    play_passive_open();
    Event sent = server_.event(ResetSent, 20ms, Closed);
    sent.reset_cause = ResetCause::UnreadData;
    sent.reason = 11;
    play({by(server_.change(20ms, Established, Closed), 77, "nginx"), sent});
    EXPECT_EQ(only_life().ending, Ending::Reset);
    EXPECT_EQ(only_life().reset_by, Closer::Local);
    EXPECT_EQ(only_life().reset_reason, 11U);
    EXPECT_EQ(told_.causes.back(), "close() with unread data");
}

TEST_F(LifeTrackerTest, NamesThePeerWhenItsResetCame) {
    play_active_open();
    play({client_.event(ResetReceived, 20ms, Established),
          with_error(client_.change(20ms, Established, Closed), ECONNRESET)});
    EXPECT_EQ(only_life().reset_by, Closer::Peer);
    EXPECT_EQ(told_.causes.back(), "RST received");
}

TEST_F(LifeTrackerTest, TellsDataAfterCloseFromAResetOfThePeer) {
    play_active_open();
    // The kernel treats it like a received reset, and then sends one.
    Event sent = client_.event(ResetSent, 30ms, Closed);
    sent.reset_cause = ResetCause::DataAfterClose;
    play({client_.change(20ms, Established, FinWait1), client_.change(21ms, FinWait1, FinWait2),
          client_.event(ResetReceived, 30ms, FinWait2),
          with_error(client_.change(30ms, FinWait2, Closed), EPIPE), sent});
    EXPECT_EQ(only_life().reset_by, Closer::Local);
    EXPECT_EQ(told_.causes.back(), "data received after close()");
}

TEST_F(LifeTrackerTest, DoesNotChooseBetweenCausesThatLookTheSame) {
    play_active_open();
    // Retransmissions used up, or TCP_USER_TIMEOUT over.
    play({with_error(client_.change(20s, Established, Closed), ETIMEDOUT)});
    EXPECT_EQ(only_life().ending, Ending::TimedOut);
    EXPECT_EQ(told_.causes.back(), "");
}

TEST_F(LifeTrackerTest, FollowsASimultaneousOpenAndClose) {
    play({client_.change(1ms, Closed, SynSent), client_.change(2ms, SynSent, SynReceived),
          client_.change(3ms, SynReceived, Established), client_.change(4ms, Established, FinWait1),
          client_.change(5ms, FinWait1, Closing), client_.event(TimeWaitStarted, 6ms, TimeWait),
          client_.change(6ms, Closing, Closed), client_.event(TimeWaitExpired, 61s, TimeWait)});
    const Life& life = only_life();
    EXPECT_EQ(life.opener, Opener::Active);
    EXPECT_EQ(life.first_fin, Closer::Both);
    EXPECT_EQ(life.ending, Ending::Closed);
    EXPECT_TRUE(life.complete());
}

TEST_F(LifeTrackerTest, EndsARequestThatIsNeverAcknowledged) {
    play({server_.request(RequestStarted, 1ms), server_.request(RequestStopped, 1s),
          server_.request(RequestExpired, 1s), server_.request(RequestStarted, 1s),
          server_.request(RequestStopped, 3s), server_.request(RequestExpired, 3s)});
    EXPECT_EQ(only_life().ending, Ending::Unanswered);
    EXPECT_EQ(only_life().syn_retransmissions, 1U);
    EXPECT_EQ(told_.causes.back(), "SYN+ACK retries used up");
}

TEST_F(LifeTrackerTest, KeepsARequestThatIsAnsweredAgain) {
    play({server_.request(RequestStarted, 1ms), server_.request(RequestExpired, 1s),
          server_.request(RequestStarted, 1s)});
    EXPECT_THAT(told_.lives, IsEmpty());
}

TEST_F(LifeTrackerTest, KeepsARequestWhoseTimerIsMovedByAnotherSyn) {
    play({server_.request(RequestStarted, 1ms), server_.request(RequestStopped, 500ms),
          server_.request(RequestStarted, 500ms + 2us)});
    EXPECT_THAT(told_.lives, IsEmpty());
    EXPECT_EQ(tracker_.open_lives(), 1U);
}

TEST_F(LifeTrackerTest, DoesNotSayWhyARequestWasDropped) {
    play({server_.request(RequestStarted, 1ms), server_.request(RequestStopped, 5ms)});
    EXPECT_EQ(only_life().ending, Ending::Dropped);
    EXPECT_EQ(told_.causes.back(), "");
}

TEST_F(LifeTrackerTest, ConcludesASynCookieFromAChildWithoutARequest) {
    be_settled();
    play({server_.child(2ms), server_.change(2ms, SynReceived, Established)});
    EXPECT_THAT(told_.steps, ElementsAre("LISTEN > ESTABLISHED"));
    EXPECT_EQ(told_.causes.back(), "ACK with a valid SYN cookie received");
}

TEST_F(LifeTrackerTest, DoesNotTakeAFastOpenForASynCookie) {
    be_settled();
    Event established = server_.change(3ms, SynReceived, Established);
    established.fast_open = true;
    play({server_.child(2ms), established});
    EXPECT_THAT(told_.steps, ElementsAre("LISTEN > SYN-RECEIVED", "SYN-RECEIVED > ESTABLISHED"));
}

TEST_F(LifeTrackerTest, DoesNotConcludeASynCookieAfterALoss) {
    be_settled();
    tracker_.note_losses(1, 0);
    play({server_.child(2ms), server_.change(2ms, SynReceived, Established)});
    EXPECT_THAT(told_.steps, ElementsAre("LISTEN > SYN-RECEIVED", "SYN-RECEIVED > ESTABLISHED"));
}

TEST_F(LifeTrackerTest, LearnsOfAFastOpenByTheEndAtTheLatest) {
    play_active_open();
    Event closed = client_.change(21ms, LastAck, Closed);
    closed.fast_open = true;
    play({client_.change(20ms, Established, CloseWait), client_.change(20ms, CloseWait, LastAck),
          closed});
    EXPECT_TRUE(only_life().fast_open);
}

TEST_F(LifeTrackerTest, EndsAnOrphanWhosePeerNeverCloses) {
    play_active_open();
    play({client_.change(20ms, Established, FinWait1), client_.change(21ms, FinWait1, FinWait2),
          client_.event(TimeWaitStarted, 21ms, FinWait2), client_.change(21ms, FinWait2, Closed),
          client_.event(TimeWaitExpired, 60s, FinWait2)});
    EXPECT_EQ(only_life().ending, Ending::Orphaned);
    EXPECT_EQ(told_.causes.back(), "FIN-WAIT-2 timer (tcp_fin_timeout) after close()");
}

TEST_F(LifeTrackerTest, BoundsATimeWaitThatBeganWithoutAnEvent) {
    play_active_open();
    play({client_.change(20ms, Established, FinWait1), client_.change(21ms, FinWait1, FinWait2),
          client_.event(TimeWaitStarted, 21ms, FinWait2), client_.change(21ms, FinWait2, Closed),
          client_.event(TimeWaitExpired, 61s, TimeWait)});
    const Life& life = only_life();
    EXPECT_EQ(life.ending, Ending::Closed);
    const Step& time_wait = life.steps()[life.steps().size() - 2];
    EXPECT_EQ(time_wait.state, TimeWait);
    EXPECT_EQ(time_wait.earliest, 21ms);
    EXPECT_EQ(time_wait.latest, 21ms + 5200ms);
}

TEST_F(LifeTrackerTest, TakesTheKernelsStampOfTimeWaitWhereThereIsOne) {
    play_active_open();
    Event expired = client_.event(TimeWaitExpired, 61s, TimeWait);
    expired.entered = 900ms;
    play({client_.change(20ms, Established, FinWait1), client_.change(21ms, FinWait1, FinWait2),
          client_.event(TimeWaitStarted, 21ms, FinWait2), client_.change(21ms, FinWait2, Closed),
          expired});
    const Step& time_wait = only_life().steps()[only_life().steps().size() - 2];
    EXPECT_EQ(time_wait.earliest, 900ms);
    EXPECT_EQ(time_wait.latest, 901ms);
}

TEST_F(LifeTrackerTest, SaysThatANewSynTookThePortsOfATimeWait) {
    play_active_open();
    const End reopened(0, kClientEnd, kServerEnd);
    play({client_.change(20ms, Established, FinWait1), client_.change(21ms, FinWait1, FinWait2),
          client_.event(TimeWaitStarted, 22ms, TimeWait), client_.change(22ms, FinWait2, Closed),
          client_.event(TimeWaitStopped, 5s, TimeWait), reopened.request(RequestStarted, 5s)});
    ASSERT_THAT(told_.lives, SizeIs(1));
    EXPECT_EQ(told_.lives.front().ending, Ending::Closed);
    EXPECT_EQ(told_.lives.front().last().cause->cause, std::string("new SYN received"));
}

TEST_F(LifeTrackerTest, SaysThatConnectTookThePortsOfATimeWait) {
    play_active_open();
    SocketAddress portless = kClientEnd;
    portless.port = 0;
    play({client_.change(20ms, Established, FinWait1), client_.change(21ms, FinWait1, FinWait2),
          client_.event(TimeWaitStarted, 22ms, TimeWait), client_.change(22ms, FinWait2, Closed),
          End(9, portless, kServerEnd).change(5s, Closed, SynSent),
          client_.event(TimeWaitStopped, 5s, TimeWait)});
    ASSERT_THAT(told_.lives, SizeIs(1));
    EXPECT_EQ(told_.lives.front().last().cause->cause,
              std::string("connect() reuses the ports (tcp_tw_reuse)"));
}

TEST_F(LifeTrackerTest, ATimerThatMovesOnIsNoEnd) {
    play_active_open();
    play({client_.change(20ms, Established, FinWait1), client_.change(21ms, FinWait1, FinWait2),
          client_.event(TimeWaitStarted, 21ms, FinWait2), client_.change(21ms, FinWait2, Closed),
          client_.event(TimeWaitStopped, 30s, TimeWait),
          client_.event(TimeWaitStarted, 30s, TimeWait)});
    EXPECT_THAT(told_.lives, IsEmpty());
    EXPECT_EQ(told_.steps.back(), "FIN-WAIT-2 > TIME-WAIT");
}

TEST_F(LifeTrackerTest, FlagsStepsThatWereMissed) {
    play_active_open();
    play({client_.change(30ms, CloseWait, LastAck), client_.change(31ms, LastAck, Closed)});
    const Life& life = only_life();
    EXPECT_FALSE(life.complete());
    EXPECT_EQ(life.steps()[2].state, CloseWait);
    EXPECT_EQ(life.steps()[2].flaw, Flaw::StepsMissed);
    EXPECT_EQ(life.steps()[2].earliest, 2ms);
    EXPECT_EQ(life.steps()[2].latest, 30ms);
}

TEST_F(LifeTrackerTest, FlagsAStepThatIsNotInTheTable) {
    play_active_open();
    play({client_.change(30ms, Established, SynSent)});
    tracker_.finish();
    std::vector<Flaw> flaws;
    tracker_.for_each_open([&](const Life& life) {
        for (const Step& step : life.steps()) {
            flaws.push_back(step.flaw);
        }
    });
    EXPECT_THAT(flaws, ElementsAre(Flaw::None, Flaw::None, Flaw::Illegal));
    EXPECT_EQ(told_.causes.back(), "");
}

TEST_F(LifeTrackerTest, TakesTheOwnerFromWhoUsesTheSocketNotFromWhoClosesACopy) {
    play_passive_open();
    play({by(server_.event(OwnerSeen, 10ms, Established), 77, "worker"),
          by(server_.change(20ms, Established, FinWait1), 70, "master")});
    LifeOwner owner;
    bool more = false;
    tracker_.for_each_open([&](const Life& life) {
        owner = life.owner;
        more = life.more_owners;
    });
    EXPECT_EQ(owner.process, 77);
    EXPECT_TRUE(more);
}

TEST_F(LifeTrackerTest, NamesTheListenersProcessUntilTheOwnerShows) {
    const End listening(5, kServerEnd, {});
    tracker_.apply(by(listening.change(Time(100), Closed, Listen), 70, "master"));
    play_passive_open();
    LifeOwner owner;
    tracker_.for_each_open([&](const Life& life) {
        if (!life.is_listener()) {
            owner = life.owner;
        }
    });
    EXPECT_EQ(owner.process, 70);
    EXPECT_EQ(owner.basis, OwnerBasis::Listener);
}

TEST_F(LifeTrackerTest, DetailsOfNoKnownConnectionAreToldAlone) {
    Event drop = client_.event(PacketDropped, 1ms, Closed);
    drop.cookie = 0;
    play({drop});
    EXPECT_THAT(told_.details, ElementsAre(PacketDropped));
    EXPECT_EQ(told_.known_details, 0);
}

TEST_F(LifeTrackerTest, AnEndsWaitingStepsAreToldWhenTheTraceEnds) {
    tracker_.apply(client_.change(1ms, Closed, SynSent));
    tracker_.finish();
    EXPECT_THAT(told_.steps, SizeIs(1));
}

TEST_F(LifeTrackerTest, InfersTheMiniSocketWhereItsTimerCannotBeSeen) {
    Told told;
    LifeTracker tracker({.sees_time_wait = false}, told);
    Event closed = client_.change(22ms, FinWait2, Closed);
    closed.peer_finished = true;
    for (const Event& event :
         {client_.change(1ms, Closed, SynSent), client_.change(2ms, SynSent, Established),
          client_.change(20ms, Established, FinWait1), client_.change(21ms, FinWait1, FinWait2),
          closed}) {
        tracker.apply(event);
    }
    tracker.advance(1s);
    EXPECT_EQ(told.steps.back(), "FIN-WAIT-2 > TIME-WAIT");
    EXPECT_THAT(told.lives, IsEmpty());
}

TEST_F(LifeTrackerTest, NoticesThatTheKernelSkippedTimeWait) {
    play_active_open();
    Event closed = client_.change(22ms, FinWait2, Closed);
    closed.peer_finished = true;
    play({client_.change(20ms, Established, FinWait1), client_.change(21ms, FinWait1, FinWait2),
          closed});
    EXPECT_EQ(only_life().ending, Ending::Closed);
    EXPECT_EQ(told_.causes.back(), "TIME-WAIT table full");
}

// A connection in TIME-WAIT is packed until something happens to it: see life_resting.cpp.
TEST_F(LifeTrackerTest, KnowsEverythingOfOneThatRests) {
    const SocketAddress v6{*parse_ip_address("2001:db8::7"), 443};
    const End end(9, v6, kServerEnd);
    const auto with_user = [](Event event) {
        event.user = 1000;
        return event;
    };
    play({by(with_user(end.change(1ms, Closed, SynSent)), 42, "curl"),
          end.event(Retransmission, 900ms, SynSent), end.change(1001ms, SynSent, Established),
          end.change(1002ms, Established, FinWait1), end.change(1003ms, FinWait1, FinWait2),
          end.event(TimeWaitStarted, 1004ms, TimeWait)});

    const auto life = tracker_.open_life(9);
    ASSERT_TRUE(life);
    EXPECT_EQ(life->cookie, 9U);
    EXPECT_EQ(life->network_namespace, 7U);
    EXPECT_EQ(life->local, v6);
    EXPECT_EQ(life->remote, kServerEnd);
    EXPECT_EQ(life->opener, Opener::Active);
    EXPECT_EQ(life->owner.process, 42);
    EXPECT_EQ(life->owner.name_text(), "curl");
    EXPECT_EQ(life->owner.basis, OwnerBasis::Used);
    EXPECT_EQ(life->user, 1000U);
    EXPECT_EQ(life->began_as, Closed);
    EXPECT_EQ(life->syn_retransmissions, 1U);
    EXPECT_EQ(life->ending, Ending::Open);
    EXPECT_FALSE(life->bytes_sent);
    ASSERT_THAT(life->steps(), SizeIs(5));
    EXPECT_EQ(life->steps()[1].latest, Time(1001ms));
    EXPECT_EQ(life->steps()[1].earliest, Time(1001ms));
    EXPECT_STREQ(life->steps()[1].cause->cause, told_.causes[1].c_str());
    EXPECT_EQ(life->last().kind, SocketKind::TimeWaitSocket);
    EXPECT_EQ(tracker_.age_of(9, TimeWait, Time(1504ms)), Age::exact(500ms, AgeMethod::Watched));
    EXPECT_EQ(tracker_.opener_of(9), Opener::Active);
    EXPECT_EQ(tracker_.open_state(9), TimeWait);
    EXPECT_EQ(tracker_.open_state(10), std::nullopt);
    EXPECT_EQ(tracker_.open_lives(), 1U);
    int open = 0;
    tracker_.for_each_open([&](const Life& each) { open += each.cookie == 9 ? 1 : 0; });
    EXPECT_EQ(open, 1);
}

// More than have a number of their own: see shared_parts.h.
TEST_F(LifeTrackerTest, KnowsTheOwnersOfVeryManyThatRest) {
    for (std::uint64_t cookie = 1000; cookie < 1300; ++cookie) {
        const End client(cookie, {kClientEnd.address, static_cast<std::uint16_t>(cookie)},
                         kServerEnd);
        play({by(client.change(1ms, Closed, SynSent), static_cast<int>(cookie), "curl"),
              client.change(2ms, SynSent, Established), client.change(3ms, Established, FinWait1),
              client.change(4ms, FinWait1, FinWait2),
              client.event(TimeWaitStarted, 5ms, TimeWait)});
    }
    for (std::uint64_t cookie = 1000; cookie < 1300; ++cookie) {
        const auto life = tracker_.open_life(cookie);
        ASSERT_TRUE(life);
        EXPECT_EQ(life->owner.process, static_cast<int>(cookie));
        EXPECT_EQ(life->owner.name_text(), "curl");
        EXPECT_EQ(life->local.port, cookie);
        EXPECT_EQ(life->network_namespace, 7U);
    }
    EXPECT_EQ(tracker_.time_waits(7, {}).others.size(), 300U);
}

// More than are kept for use again: the sanitizers see it when one that is gone is looked at.
TEST_F(LifeTrackerTest, ForgetsManyThatEndAtOnce) {
    std::vector<End> clients;
    for (std::uint64_t cookie = 1; cookie <= 1000; ++cookie) {
        clients.emplace_back(cookie,
                             SocketAddress{kClientEnd.address, static_cast<std::uint16_t>(cookie)},
                             kServerEnd);
        tracker_.apply(clients.back().change(1ms, Closed, SynSent));
        tracker_.apply(clients.back().change(2ms, SynSent, Established));
    }
    tracker_.advance(1s);
    for (const End& client : clients) {
        tracker_.apply(client.change(2s, Established, Closed));
    }
    tracker_.advance(3s);
    EXPECT_THAT(told_.lives, SizeIs(1000));
    EXPECT_EQ(tracker_.open_lives(), 0U);
}

TEST_F(LifeTrackerTest, CountsTimeWaitsWhereItCanAndTellsTheOthers) {
    const End client(9, kClientEnd, kServerEnd);
    play({client.change(1ms, Closed, SynSent), client.change(2ms, SynSent, Established),
          client.change(3ms, Established, FinWait1), client.change(4ms, FinWait1, FinWait2),
          client.event(TimeWaitStarted, 5ms, TimeWait)});
    for (std::uint64_t cookie = 20; cookie < 23; ++cookie) {
        const End server(cookie, kServerEnd,
                         {kClientEnd.address, static_cast<std::uint16_t>(40000 + cookie)});
        play({server.request(RequestStarted, 10ms), server.child(11ms),
              server.change(11ms, SynReceived, Established),
              server.change(12ms, Established, FinWait1), server.change(13ms, FinWait1, FinWait2),
              server.event(TimeWaitStarted, 14ms, TimeWait)});
    }
    const TimeWaits here = tracker_.time_waits(7, {});
    EXPECT_THAT(here.from_source_ports, IsEmpty());
    ASSERT_THAT(here.others, SizeIs(1));
    EXPECT_EQ(here.others[0].cookie, 9U);
    EXPECT_EQ(here.others[0].local, kClientEnd);
    EXPECT_EQ(here.others[0].remote, kServerEnd);
    EXPECT_EQ(here.others[0].opener, Opener::Active);
    EXPECT_EQ(here.others[0].latest, Time(5ms));
    EXPECT_THAT(here.passive, ElementsAre(::testing::Pair(kServerEnd, 3U)));
    EXPECT_EQ(here.mini_fin_wait2, 0U);

    for (const Time later : {1s, 30s}) {  // at rest by then
        tracker_.advance(later);
        const TimeWaits counted = tracker_.time_waits(7, std::bitset<65536>().set(kClientEnd.port));
        EXPECT_THAT(counted.others, IsEmpty());
        EXPECT_THAT(counted.from_source_ports,
                    ElementsAre(TimeWaitsTowards{kClientEnd.address, kServerEnd, 1}));
        EXPECT_THAT(counted.passive, ElementsAre(::testing::Pair(kServerEnd, 3U)));
    }
    EXPECT_THAT(tracker_.time_waits(8, {}).passive, IsEmpty());
}

TEST_F(LifeTrackerTest, GoesOnWithAnIdleConnectionThatRested) {
    play_active_open();
    tracker_.advance(60s);
    Event closed = client_.change(61s, Established, CloseWait);
    play({closed});
    EXPECT_THAT(told_.steps, ElementsAre("CLOSED > SYN-SENT", "SYN-SENT > ESTABLISHED",
                                         "ESTABLISHED > CLOSE-WAIT"));
    EXPECT_EQ(tracker_.open_lives(), 1U);
}

TEST_F(LifeTrackerTest, DoubtsOneAtRestThatAListingLacks) {
    play_active_open();
    tracker_.advance(60s);
    tracker_.compare({.network_namespace = 7, .begun = 70s, .done = 71s});
    tracker_.settle();
    tracker_.advance(72s);
    EXPECT_EQ(only_life().ending, Ending::Unseen);
    EXPECT_EQ(tracker_.open_lives(), 0U);
}

TEST_F(LifeTrackerTest, LeavesOneAtRestThatIsListedAsItWas) {
    play_active_open();
    tracker_.advance(60s);
    Connection listed{.local = kClientEnd, .remote = kServerEnd, .state = Established};
    listed.cookie = 1;
    const std::vector<Connection> connections{listed};
    tracker_.compare(
        {.network_namespace = 7, .connections = connections, .begun = 70s, .done = 71s});
    tracker_.settle();
    tracker_.advance(72s);
    EXPECT_THAT(told_.lives, IsEmpty());
    EXPECT_EQ(tracker_.open_life(1)->state(), Established);
}

}  // namespace
}  // namespace tcpdx::trace
