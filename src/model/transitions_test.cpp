#include "model/transitions.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <map>
#include <ostream>
#include <set>
#include <string>
#include <tuple>

namespace tcpdx {

void PrintTo(TcpState state, std::ostream* out) {
    *out << rfc_name(state);
}

namespace {

using enum TcpState;
using ::testing::IsEmpty;
using ::testing::Not;
using States = std::set<TcpState>;

bool matches(const Transition& row, TcpState from, TcpState to, CauseKind kind, SegmentSent sent) {
    return row.from == from && row.to == to && row.kind == kind && row.sent == sent;
}

// RFC 9293, figure 5, arrow by arrow, with the transition its note 2 leaves out for lack of room.
struct Arrow {
    TcpState from;
    TcpState to;
    CauseKind kind;
    SegmentSent sent;
};
constexpr Arrow kFigure5[] = {
    {Closed, Listen, CauseKind::SystemCall, SegmentSent::None},
    {Closed, SynSent, CauseKind::SystemCall, SegmentSent::Syn},
    {Listen, Closed, CauseKind::SystemCall, SegmentSent::None},
    {Listen, SynReceived, CauseKind::Segment, SegmentSent::SynAck},
    {Listen, SynSent, CauseKind::SystemCall, SegmentSent::Syn},
    {SynSent, Closed, CauseKind::SystemCall, SegmentSent::None},
    {SynSent, SynReceived, CauseKind::Segment, SegmentSent::SynAck},
    {SynSent, Established, CauseKind::Segment, SegmentSent::Ack},
    {SynReceived, Listen, CauseKind::Segment, SegmentSent::None},
    {SynReceived, Established, CauseKind::Segment, SegmentSent::None},
    {SynReceived, FinWait1, CauseKind::SystemCall, SegmentSent::Fin},
    {Established, FinWait1, CauseKind::SystemCall, SegmentSent::Fin},
    {Established, CloseWait, CauseKind::Segment, SegmentSent::Ack},
    {FinWait1, FinWait2, CauseKind::Segment, SegmentSent::None},
    {FinWait1, Closing, CauseKind::Segment, SegmentSent::Ack},
    {FinWait1, TimeWait, CauseKind::Segment, SegmentSent::Ack},
    {FinWait2, TimeWait, CauseKind::Segment, SegmentSent::Ack},
    {Closing, TimeWait, CauseKind::Segment, SegmentSent::None},
    {CloseWait, LastAck, CauseKind::SystemCall, SegmentSent::Fin},
    {LastAck, Closed, CauseKind::Segment, SegmentSent::None},
    {TimeWait, Closed, CauseKind::Timer, SegmentSent::None},
};

TEST(Transitions, HaveEveryArrowOfFigure5InTheRfc) {
    for (const Arrow& arrow : kFigure5) {
        const auto rows = transitions();
        EXPECT_TRUE(std::any_of(rows.begin(), rows.end(),
                                [&](const Transition& row) {
                                    return row.in_rfc() && matches(row, arrow.from, arrow.to,
                                                                   arrow.kind, arrow.sent);
                                }))
            << rfc_name(arrow.from) << " -> " << rfc_name(arrow.to);
    }
}

// Where one event can lead, by the RFC: its calls (3.10.1 to 3.10.5), segments (3.10.7) and
// timeouts (3.10.8), state by state.
const std::map<TcpState, States> kReachableByRfc{
    {Closed, {Listen, SynSent}},
    {Listen, {Closed, SynSent, SynReceived}},
    {SynSent, {Closed, SynReceived, Established, CloseWait}},
    {SynReceived, {Closed, Listen, Established, FinWait1, CloseWait}},
    {Established, {Closed, FinWait1, CloseWait}},
    {FinWait1, {Closed, FinWait2, Closing, TimeWait}},
    {FinWait2, {Closed, TimeWait}},
    {CloseWait, {Closed, LastAck}},
    {Closing, {Closed, TimeWait}},
    {LastAck, {Closed}},
    {TimeWait, {Closed, SynReceived}},
};

// What Linux adds: SYN cookies keep no state, and connect() may reuse a pair in TIME-WAIT.
const std::map<TcpState, States> kAddedByLinux{{Listen, {Established}}, {TimeWait, {SynSent}}};

TEST(Transitions, LeadWhereTheRfcLeadsAndNowhereElse) {
    for (const TcpState from : kAllTcpStates) {
        States reachable;
        for (const Transition* row : transitions_from(from)) {
            if (row->in_rfc()) {
                reachable.insert(row->to);
            }
        }
        EXPECT_EQ(reachable, kReachableByRfc.at(from)) << "from " << rfc_name(from);
    }
}

TEST(Transitions, AllowWhatTheRfcOrLinuxDoesAndNothingElse) {
    for (const TcpState from : kAllTcpStates) {
        for (const TcpState to : kAllTcpStates) {
            const auto added = kAddedByLinux.find(from);
            const bool legal = kReachableByRfc.at(from).contains(to) ||
                               (added != kAddedByLinux.end() && added->second.contains(to));
            EXPECT_EQ(is_legal(from, to), legal) << rfc_name(from) << " -> " << rfc_name(to);
        }
    }
}

TEST(Transitions, EndEveryConnectionOnAReset) {
    for (const TcpState from : kAllTcpStates) {
        if (from == Closed || from == Listen) {
            continue;  // neither is a connection: a reset there is ignored
        }
        const auto rows = transitions_from(from);
        EXPECT_TRUE(std::any_of(rows.begin(), rows.end(), [](const Transition* row) {
            return row->to == Closed && row->kind == CauseKind::Segment && row->in_rfc() &&
                   row->in_linux() && std::strncmp(row->cause, "RST received", 12) == 0;
        })) << rfc_name(from);
    }
}

TEST(Transitions, LetEveryConnectionBeAborted) {
    // RFC 9293, 3.10.5: a reset is sent only where the peer has something to be told.
    const States told{SynReceived, Established, FinWait1, FinWait2, CloseWait};
    for (const TcpState from : kAllTcpStates) {
        if (from == Closed) {
            continue;
        }
        const auto rows = transitions_from(from);
        EXPECT_TRUE(std::any_of(rows.begin(), rows.end(), [&](const Transition* row) {
            return std::strncmp(row->cause, "abort", 5) == 0 &&
                   (row->sent == SegmentSent::Rst) == told.contains(from);
        })) << rfc_name(from);
    }
}

TEST(Transitions, GiveUpOnAPeerThatNeverAnswersExceptWhereNothingIsAwaited) {
    for (const TcpState from : kAllTcpStates) {
        const auto rows = transitions_from(from);
        const bool has_timer = std::any_of(rows.begin(), rows.end(), [](const Transition* row) {
            return row->kind == CauseKind::Timer && row->to == Closed;
        });
        EXPECT_EQ(has_timer, from != Closed && from != Listen) << rfc_name(from);
    }
}

TEST(Transitions, ReachEveryStateFromClosedInTheRfcAndInLinux) {
    for (const bool in_linux : {false, true}) {
        States reached{Closed};
        for (std::size_t round = 0; round < kAllTcpStates.size(); ++round) {
            for (const Transition& row : transitions()) {
                if (reached.contains(row.from) && (in_linux ? row.in_linux() : row.in_rfc())) {
                    reached.insert(row.to);
                }
            }
        }
        EXPECT_EQ(reached.size(), kAllTcpStates.size());
    }
}

TEST(Transitions, LeadOutOfEveryState) {
    for (const TcpState state : kAllTcpStates) {
        EXPECT_THAT(transitions_from(state), Not(IsEmpty())) << rfc_name(state);
        EXPECT_THAT(transitions_into(state), Not(IsEmpty())) << rfc_name(state);
    }
}

TEST(Transitions, SayNothingTwice) {
    std::set<std::tuple<TcpState, TcpState, std::string, SocketKind>> seen;
    for (const Transition& row : transitions()) {
        EXPECT_TRUE(seen.insert({row.from, row.to, row.cause, row.from_kind}).second)
            << rfc_name(row.from) << " -> " << rfc_name(row.to) << ": " << row.cause;
    }
}

TEST(Transitions, ChangeTheStateOrTheObjectThatHoldsIt) {
    for (const Transition& row : transitions()) {
        EXPECT_TRUE(row.changes_state() || row.from_kind != row.to_kind) << rfc_name(row.from);
        EXPECT_NE(*row.cause, '\0');
        EXPECT_NE(*row.source, '\0');
    }
}

TEST(Transitions, NameTheClauseForTheRfcAndTheFunctionForLinux) {
    for (const Transition& row : transitions()) {
        const std::string_view source = row.source;
        if (row.standing == Standing::LinuxOnly) {
            EXPECT_TRUE(source.ends_with("()")) << source;
        } else if (row.standing == Standing::RfcOnly) {
            EXPECT_TRUE(source.starts_with("RFC 9293, 3.")) << source;
        }
    }
}

TEST(Transitions, KeepTheTwoEndsOfALifeInSmallObjects) {
    for (const Transition& row : transitions()) {
        if (!row.in_linux()) {
            continue;
        }
        if (row.to == TimeWait || (row.from == TimeWait && row.to == Closed)) {
            EXPECT_EQ(row.to_kind, SocketKind::TimeWaitSocket) << row.cause;
        }
        if (row.from == TimeWait) {
            EXPECT_EQ(row.from_kind, SocketKind::TimeWaitSocket) << row.cause;
        }
        if (row.to_kind == SocketKind::RequestSocket && row.changes_state()) {
            EXPECT_TRUE(row.to == SynReceived || row.from == SynReceived) << row.cause;
        }
    }
}

TEST(Transitions, HandFinWait2OverToAMiniSocketWithoutLeavingIt) {
    const auto rows = transitions_from(FinWait2);
    EXPECT_TRUE(std::any_of(rows.begin(), rows.end(), [](const Transition* row) {
        return !row->changes_state() && row->from_kind == SocketKind::Full &&
               row->to_kind == SocketKind::TimeWaitSocket;
    }));
    EXPECT_FALSE(is_legal(FinWait2, FinWait2));
}

TEST(SegmentName, ListsTheFlags) {
    EXPECT_EQ(segment_name(SegmentSent::SynAck), "SYN+ACK");
    EXPECT_EQ(segment_name(SegmentSent::None), "");
}

}  // namespace
}  // namespace tcpdx
