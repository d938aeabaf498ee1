#include "presentation/text/lab_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "presentation/text/display_width.h"

namespace tcpdx {
namespace {

using std::chrono::microseconds;
using ::testing::HasSubstr;
using ::testing::Not;

LabRung segment(LabEnd from, const char* name, std::optional<TcpState> kernel,
                std::optional<TcpState> peer) {
    return {.at = microseconds(12000),
            .from = from,
            .segment = name,
            .call = {},
            .caller = {},
            .kernel = kernel,
            .peer = peer};
}

LabRung call(LabEnd caller, const char* name) {
    return {.at = microseconds(11000),
            .from = {},
            .segment = {},
            .call = name,
            .caller = caller,
            .kernel = {},
            .peer = {}};
}

LabResult opening() {
    LabResult result;
    result.kernel = {IpAddress::v4(0xC0000201), 40000};
    result.peer = {IpAddress::v4(0xC6336402), 8080};
    result.rungs = {call(LabEnd::Kernel, "connect()"),
                    segment(LabEnd::Kernel, "SYN", TcpState::SynSent, TcpState::SynReceived),
                    segment(LabEnd::Peer, "SYN+ACK", TcpState::Established, TcpState::SynReceived)};
    return result;
}

TEST(LabLadder, PutsACallBesideTheSegmentThatItSends) {
    EXPECT_EQ(lab_ladder(opening(), {}, false),
              "\n"
              "                   this kernel                          the peer\n"
              "seconds            192.0.2.1:40000                      198.51.100.2:8080\n"
              "  0.012  connect() SYN_SENT    --------- SYN ---------> SYN_RECV\n"
              "  0.012            ESTABLISHED <------- SYN+ACK -------\n");
}

TEST(LabLadder, PutsACallThatSendsNothingOnALineOfItsOwn) {
    LabResult result = opening();
    result.rungs.push_back(call(LabEnd::Peer, "accept()"));
    result.rungs.push_back(
        segment(LabEnd::Kernel, "ACK", TcpState::Established, TcpState::Established));
    const std::string text = lab_ladder(result, {}, false);
    EXPECT_THAT(text, HasSubstr("accept()\n  0.012                        --------- ACK"));
}

TEST(LabLadder, PutsACallBesideItsSegmentWhereTheOtherEndWasFaster) {
    LabResult result = opening();
    result.rungs = {call(LabEnd::Kernel, "connect()"), call(LabEnd::Peer, "connect()"),
                    segment(LabEnd::Kernel, "SYN", TcpState::SynSent, TcpState::SynReceived),
                    segment(LabEnd::Peer, "SYN", TcpState::SynReceived, TcpState::SynSent)};
    EXPECT_THAT(lab_ladder(result, {}, false),
                HasSubstr("  0.012  connect() SYN_SENT    --------- SYN ---------> SYN_RECV\n"
                          "  0.012            SYN_RECV    <--------- SYN --------- SYN_SENT    "
                          "connect()\n"));
}

TEST(LabLadder, PutsNoCallThatSendsNothingBesideASegment) {
    LabResult result = opening();
    result.rungs.push_back(call(LabEnd::Kernel, "read()"));
    result.rungs.push_back(
        segment(LabEnd::Kernel, "ACK", TcpState::Established, TcpState::Established));
    EXPECT_THAT(lab_ladder(result, {}, false),
                HasSubstr("  0.012                        --------- ACK --"));
}

TEST(LabLadder, SaysWhatADashStandsFor) {
    LabResult result = opening();
    EXPECT_THAT(lab_ladder(result, {}, false), Not(HasSubstr("no such connection")));
    result.rungs = {segment(LabEnd::Kernel, "SYN", TcpState::SynSent, std::nullopt)};
    EXPECT_THAT(lab_ladder(result, {}, false), HasSubstr("- no such connection"));
}

TEST(LabLadder, MarksWhatDoesNotArriveAndWhatIsSentAgain) {
    LabResult result = opening();
    result.rungs.resize(2);
    result.rungs.back().lost = result.rungs.back().again = true;
    const std::string text = lab_ladder(result, {}, false);
    EXPECT_THAT(text, HasSubstr("......... SYN .........X"));
    EXPECT_THAT(text, HasSubstr("X does not arrive"));
    EXPECT_THAT(text, HasSubstr(". sent again"));
}

TEST(LabLadder, LeavesOutTheMiddleOfALongStory) {
    LabResult result = opening();
    for (int i = 0; i < 100; ++i) {
        result.rungs.push_back(
            segment(LabEnd::Kernel, "data 1448", TcpState::Established, TcpState::Established));
    }
    result.rungs.push_back(
        segment(LabEnd::Peer, "ACK win 0", TcpState::Established, TcpState::Established));
    const std::string text = lab_ladder(result, {}, false);
    EXPECT_THAT(text, HasSubstr("SYN_SENT"));
    EXPECT_THAT(text, HasSubstr("... 75 lines are left out ..."));
    EXPECT_THAT(text, HasSubstr("ACK win 0"));
}

TEST(LabLadder, SaysNothingWhereNoSegmentWasSent) {
    LabResult result = opening();
    result.rungs.resize(1);
    EXPECT_EQ(lab_ladder(result, {}, false), "");
}

TEST(LabLadder, FitsEightyColumns) {
    LabResult result = opening();
    result.rungs.push_back(
        segment(LabEnd::Peer, "ICMP 3/13 (router)", TcpState::Established, TcpState::Established));
    const std::string text = lab_ladder(result, {}, true);
    for (std::string_view rest = text; !rest.empty(); rest.remove_prefix(rest.find('\n') + 1)) {
        EXPECT_LE(display_width(rest.substr(0, rest.find('\n'))), 80U);
    }
}

TEST(LabNetstat, FitsEightyColumnsWhereNetstatDoes) {
    LabResult result;
    result.netstat =
        "tcp        0      0 192.0.2.1:40000         198.51.100.2:8080       ESTABLISHED\n";
    const std::string text = lab_netstat(result, {});
    EXPECT_THAT(text, HasSubstr("\n" + result.netstat));
}

TEST(LabHeld, SaysWhenTheSocketIsGone) {
    LabResult result = opening();
    result.held = LabHeld{
        .wanted = TcpState::TimeWait, .socket = {}, .peer = {}, .schedule = {}, .options = {}};
    EXPECT_FALSE(result.held->reached());
    EXPECT_THAT(lab_held(result, {}), HasSubstr("The kernel has no such socket any more."));
}

LabResult held_with(TcpState state, std::uint32_t receive_queue, std::uint32_t send_queue) {
    LabResult result = opening();
    Connection socket;
    socket.state = state;
    socket.receive_queue = receive_queue;
    socket.send_queue = send_queue;
    result.held = LabHeld{.wanted = state, .socket = socket};
    return result;
}

TEST(LabHeld, ExplainsTheOneInTheQueues) {
    EXPECT_THAT(lab_held(held_with(TcpState::CloseWait, 1, 0), {}), HasSubstr("the peer's FIN"));
    EXPECT_THAT(lab_held(held_with(TcpState::SynSent, 0, 1), {}), HasSubstr("is the SYN"));
    const std::string closing = lab_held(held_with(TcpState::Closing, 1, 1), {});
    EXPECT_THAT(closing, HasSubstr("the peer's FIN"));
    EXPECT_THAT(closing, HasSubstr("is the FIN"));
}

TEST(LabHeld, ExplainsNoOtherNumber) {
    EXPECT_THAT(lab_held(held_with(TcpState::Established, 1, 1), {}), Not(HasSubstr("The 1 in")));
    EXPECT_THAT(lab_held(held_with(TcpState::LastAck, 2, 7), {}), Not(HasSubstr("The 1 in")));
}

TEST(LabHeld, SaysWhyTheKernelCountsOneRetransmissionLess) {
    LabResult result = held_with(TcpState::FinWait1, 0, 1);
    LabRung again = segment(LabEnd::Kernel, "FIN+ACK", TcpState::FinWait1, std::nullopt);
    again.again = true;
    result.rungs = {again, again};
    result.held->socket->timer = Timer{.kind = TimerKind::Retransmit, .retransmits = 1};
    EXPECT_THAT(lab_held(result, {}), HasSubstr("tail loss probe"));
    result.held->socket->timer->retransmits = 2;
    EXPECT_THAT(lab_held(result, {}), Not(HasSubstr("tail loss probe")));
}

TEST(LabSocketLine, TellsTheTimerOfTimeWait) {
    Connection socket;
    socket.state = TcpState::TimeWait;
    socket.kind = SocketKind::TimeWaitSocket;
    socket.timer = Timer{.kind = TimerKind::TimeWait, .expires = std::chrono::seconds(59)};
    const std::string line = lab_socket_line(socket);
    EXPECT_THAT(line, HasSubstr("TIME_WAIT"));
    EXPECT_THAT(line, HasSubstr("ends in 59 s"));
}

TEST(LabChange, FitsEightyColumnsAndSaysWhenTheSocketIsGone) {
    Connection socket;
    socket.state = TcpState::FinWait1;
    socket.timer = Timer{.kind = TimerKind::Retransmit, .expires = std::chrono::seconds(1)};
    EXPECT_LE(lab_change(std::chrono::milliseconds(674), socket, {}).find('\n'), 80U);
    EXPECT_EQ(lab_change(std::chrono::milliseconds(674), std::nullopt, {}),
              "after 674 ms: the socket is gone.\n");
}

TEST(LabLook, SaysWhetherTheAnswerIsRight) {
    LabLook look{.command = "tcpdx diagnose",
                 .expected = {"close-wait-leak"},
                 .found = {"close-wait-unread"},
                 .unexpected = {},
                 .text = {},
                 .json = {}};
    EXPECT_THAT(lab_look(look, {}), HasSubstr("wrong: close-wait-leak was to be found"));
    look.right = true;
    EXPECT_THAT(lab_look(look, {}), Not(HasSubstr("wrong")));
}

}  // namespace
}  // namespace tcpdx
