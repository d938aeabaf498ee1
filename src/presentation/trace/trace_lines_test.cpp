#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>

#include "presentation/trace/life_lines.h"
#include "presentation/trace/lines_for_tests.h"
#include "presentation/trace/step_lines.h"
#include "presentation/trace/trace_ladders.h"
#include "presentation/trace/trace_words.h"

namespace tcpdx::trace {
namespace {

using namespace std::chrono_literals;
using enum TcpState;
using testing::HasSubstr;
using testing::Not;

TEST(StepLines, WriteOneLinePerTransition) {
    Written written;
    StepLines lines(written.out(), written.context(), {.header = false});
    LifeTracker tracker({}, lines);
    play_client(tracker);
    const std::string text = written.text();
    EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 6);
    EXPECT_THAT(text, HasSubstr("curl (42)"));
    EXPECT_THAT(text, HasSubstr("connect()"));
    EXPECT_THAT(text, HasSubstr("87 us"));
    EXPECT_THAT(text, HasSubstr("127.0.0.1:40000"));
    EXPECT_THAT(text, HasSubstr("2MSL timer"));
}

TEST(StepLines, SayWhatTheKernelGivesAsTheReasonOfAReset) {
    Written written;
    StepLines lines(written.out(), written.context(), {.header = false});
    LifeTracker tracker({}, lines);
    const End client(1, kClientEnd, kServerEnd);
    Event sent = client.event(EventKind::ResetSent, 3ms, Closed);
    sent.reset_cause = ResetCause::UnreadData;
    sent.reason = 2;
    for (const Event& event :
         {client.change(1ms, Closed, SynSent), client.change(2ms, SynSent, Established),
          client.change(3ms, Established, Closed), sent}) {
        tracker.apply(event);
    }
    tracker.finish();
    EXPECT_THAT(written.text(), HasSubstr("close() with unread data"));
    EXPECT_THAT(written.text(), HasSubstr("TCP_ABORT_ON_CLOSE"));
}

TEST(StepLines, SayThatStepsWereNotSeenInsteadOfACause) {
    Written written;
    StepLines lines(written.out(), written.context(), {.header = false});
    LifeTracker tracker({}, lines);
    const End client(1, kClientEnd, kServerEnd);
    for (const Event& event :
         {client.change(1ms, Closed, SynSent), client.change(2ms, SynSent, Established),
          client.change(9ms, CloseWait, LastAck)}) {
        tracker.apply(event);
    }
    tracker.finish();
    EXPECT_THAT(written.text(), HasSubstr("steps before this were not seen"));
}

TEST(StepLines, ShowDetailsOnlyWhenTheyAreWanted) {
    for (const bool wanted : {false, true}) {
        Written written;
        StepLines lines(written.out(), written.context(), {.header = false, .details = wanted});
        LifeTracker tracker({}, lines);
        tracker.apply(
            with_error(End(1, kClientEnd, kServerEnd).event(EventKind::ErrorReported, 1ms, Closed),
                       ECONNRESET));
        tracker.finish();
        EXPECT_EQ(written.text().find("ECONNRESET") != std::string::npos, wanted);
    }
}

TEST(StepLines, LetNoNameOfAProgramCommandTheTerminal) {
    Written written;
    StepLines lines(written.out(), written.context(), {.header = false});
    LifeTracker tracker({}, lines);
    tracker.apply(
        by(End(1, kClientEnd, kServerEnd).change(1ms, Closed, SynSent), 42, "\x1b[31mred"));
    tracker.finish();
    EXPECT_THAT(written.text(), Not(HasSubstr("\x1b")));
}

TEST(LifeLines, TellHowAConnectionEndedAndHowLongEachStateLasted) {
    Written written;
    LifeLines lines(written.out(), written.context(), false);
    LifeTracker tracker({}, lines);
    play_client(tracker);
    const std::string text = written.text();
    EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 1);
    EXPECT_THAT(text, HasSubstr("closed normally"));
    EXPECT_THAT(text, HasSubstr("this end"));
    EXPECT_THAT(text, HasSubstr("SYN-SENT 87 us, ESTABLISHED 299 ms, FIN-WAIT-1 1.00 ms, "
                                "FIN-WAIT-2 18.00 ms, TIME-WAIT 60 s"));
    EXPECT_THAT(text, Not(HasSubstr("incomplete")));
}

TEST(LifeLines, LeaveOutListeners) {
    Written written;
    LifeLines lines(written.out(), written.context(), false);
    LifeTracker tracker({}, lines);
    const End listener(5, kServerEnd, {});
    tracker.apply(listener.change(1ms, Closed, Listen));
    tracker.apply(listener.change(2ms, Listen, Closed));
    tracker.finish();
    EXPECT_EQ(written.text(), "");
}

TEST(TraceLadders, DrawBothEndsOfOneConnectionTogether) {
    Written written;
    TraceLadders ladders(written.out(), written.context());
    LifeTracker tracker({}, ladders);
    auto events = client_events();
    const auto server = server_events();
    events.insert(events.end(), server.begin(), server.end());
    play(tracker, events);
    const std::string text = written.text();
    EXPECT_THAT(text, HasSubstr("curl (42)"));
    EXPECT_THAT(text, HasSubstr("nginx (77)"));
    // One ladder: its end is an empty line.
    EXPECT_EQ(text.find("\n\n"), text.size() - 2);
}

TEST(TraceLadders, DrawOneEndAloneWhenTheOtherIsNotHere) {
    Written written;
    TraceLadders ladders(written.out(), written.context());
    LifeTracker tracker({}, ladders);
    play(tracker, server_events());
    EXPECT_THAT(written.text(), HasSubstr("LAST-ACK"));
    EXPECT_THAT(written.text(), Not(HasSubstr("TIME-WAIT")));
}

TEST(TraceLadders, ShowTheSegmentsOfTheEndThatIsSeenAndOfItsPeer) {
    Written written;
    TraceLadders ladders(written.out(), written.context());
    LifeTracker tracker({}, ladders);
    play_client(tracker);
    const std::string text = written.text();
    for (const char* segment : {"SYN", "SYN+ACK", "FIN+ACK", "ACK"}) {
        EXPECT_THAT(text, HasSubstr(std::string(" ") + segment + " "));
    }
    EXPECT_THAT(text, HasSubstr("TIME-WAIT"));
}

TEST(TraceLadders, SortTheStepsOfBothEndsByTime) {
    Written written;
    Told client;
    Told server;
    LifeTracker client_tracker({}, client);
    LifeTracker server_tracker({}, server);
    play_client(client_tracker);
    play(server_tracker, server_events());
    ASSERT_EQ(client.lives.size(), 1U);
    ASSERT_EQ(server.lives.size(), 1U);
    const std::string text =
        draw_ladder(server.lives.front(), client.lives.front(), written.context());
    // The client is on the left whichever is given first.
    EXPECT_LT(text.find("127.0.0.1:40000"), text.find("127.0.0.1:80 "));
    EXPECT_LT(text.find("SYN-SENT"), text.find("SYN-RECEIVED"));
    EXPECT_LT(text.find("CLOSE-WAIT"), text.find("LAST-ACK"));
}

TEST(DwellFormat, ShowsWhatIsKnown) {
    EXPECT_EQ(render(Dwell{87us, 87us}), "87 us");
    EXPECT_EQ(render(Dwell{1250us, 1250us}), "1.25 ms");
    EXPECT_EQ(render(Dwell{258ms, 258ms}), "258 ms");
    EXPECT_EQ(render(Dwell{0us, 2s}), "0 us .. 2.0 s");
    EXPECT_EQ(render(Dwell{}), "-");
    EXPECT_THAT(render(Dwell{3s, std::nullopt}), HasSubstr("3.0 s"));
    EXPECT_NE(render(Dwell{3s, std::nullopt}), "3.0 s");
}

TEST(ErrorName, IsTheOneOfErrnoOrANumber) {
    EXPECT_EQ(error_name(ETIMEDOUT), "ETIMEDOUT");
    EXPECT_EQ(error_name(9999), "9999");
}

}  // namespace
}  // namespace tcpdx::trace
