#include "model/happenings.h"

#include <gtest/gtest.h>

#include <string_view>

namespace tcpdx {
namespace {

using enum TcpState;

struct Row {
    TcpState from;
    Happening what;
    TcpState to;
};

TEST(TransitionOn, FollowsAnOrdinaryConnectionAtBothEnds) {
    for (const Row& row : {
             Row{Closed, Happening::SendSyn, SynSent},
             Row{SynSent, Happening::ReceiveSynAck, Established},
             Row{Established, Happening::SendFin, FinWait1},
             Row{FinWait1, Happening::ReceiveAckOfFin, FinWait2},
             Row{FinWait2, Happening::ReceiveFin, TimeWait},
             Row{Listen, Happening::ReceiveSyn, SynReceived},
             Row{SynReceived, Happening::ReceiveAckOfSyn, Established},
             Row{Established, Happening::ReceiveFin, CloseWait},
             Row{CloseWait, Happening::SendFin, LastAck},
             Row{LastAck, Happening::ReceiveAckOfFin, Closed},
         }) {
        const Transition* found = transition_on(row.from, row.what);
        ASSERT_NE(found, nullptr) << rfc_name(row.from);
        EXPECT_EQ(found->to, row.to) << rfc_name(row.from);
    }
}

TEST(TransitionOn, FollowsBothEndsOpeningAndClosingAtOnce) {
    EXPECT_EQ(transition_on(SynSent, Happening::ReceiveSyn)->to, SynReceived);
    EXPECT_EQ(transition_on(FinWait1, Happening::ReceiveFin)->to, Closing);
    EXPECT_EQ(transition_on(Closing, Happening::ReceiveAckOfFin)->to, TimeWait);
}

TEST(TransitionOn, EndsEveryStateThatAResetReaches) {
    for (const TcpState state : {SynSent, SynReceived, Established, FinWait1, FinWait2, CloseWait,
                                 Closing, LastAck, TimeWait}) {
        const Transition* found = transition_on(state, Happening::ReceiveRst);
        ASSERT_NE(found, nullptr) << rfc_name(state);
        EXPECT_EQ(found->to, Closed) << rfc_name(state);
    }
}

TEST(TransitionOn, KnowsWhatCannotHappen) {
    EXPECT_EQ(transition_on(CloseWait, Happening::ReceiveFin), nullptr);
    EXPECT_EQ(transition_on(TimeWait, Happening::SendFin), nullptr);
    EXPECT_EQ(transition_on(Established, Happening::ReceiveAckOfFin), nullptr);
    EXPECT_EQ(transition_on(Closed, Happening::ReceiveRst), nullptr);
}

// A row added to the table must be found by somebody who sees its segment.
TEST(MayBe, ClaimsEveryRowThatASegmentCauses) {
    for (const Transition& row : transitions()) {
        const std::string_view cause = row.cause;
        // Seen by the reset that answers, or only by the program; a cookie's SYN+ACK was a SYN's.
        if (row.kind != CauseKind::Segment || cause.starts_with("data received after") ||
            cause.starts_with("ACK with a valid SYN cookie") ||
            cause.starts_with("SYN+ACK with a FIN") || cause.starts_with("another SYN") ||
            cause.starts_with("FIN with the ACK of ours") || row.sent == SegmentSent::Rst) {
            continue;
        }
        int claims = 0;
        for (int what = 0; what <= static_cast<int>(Happening::ReceiveIcmpError); ++what) {
            claims += may_be(row, static_cast<Happening>(what)) ? 1 : 0;
        }
        // It comes alone, or with the SYN of an end that opened at the same time.
        const bool two_ways = row.from == TcpState::SynReceived && row.to == TcpState::Established;
        EXPECT_EQ(claims, two_ways ? 2 : 1) << rfc_name(row.from) << ": " << row.cause;
    }
}

}  // namespace
}  // namespace tcpdx
