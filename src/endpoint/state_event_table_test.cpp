// Every state, every combination of flags, every place of SEQ and of ACK: what the connection does
// is compared with a second reading of RFC 9293, 3.10.7, written here as a table of decisions.

#include <gtest/gtest.h>

#include <ostream>

#include "endpoint/scripted_peer.h"

namespace tcpdx {

void PrintTo(TcpState state, std::ostream* out) {
    *out << rfc_name(state);
}

namespace endpoint {
namespace {

enum class SeqPlace : std::uint8_t { LeftOut, Next, Inside, RightEdge, RightOut };
enum class AckPlace : std::uint8_t { Off, BeforeUna, Una, Nxt, BeyondNxt };
enum class Answer : std::uint8_t { Nothing, Ack, Reset, SynAck };

struct Flags {
    bool fin, syn, rst, urg;
};

struct Expected {
    TcpState state = TcpState::Closed;
    Answer answer = Answer::Nothing;
    friend bool operator==(const Expected&, const Expected&) = default;
};

void PrintTo(const Expected& expected, std::ostream* out) {
    constexpr const char* kAnswers[] = {"nothing", "an ACK", "a RST", "a SYN,ACK"};
    *out << rfc_name(expected.state) << " and " << kAnswers[static_cast<int>(expected.answer)];
}

struct Cell {
    TcpState state;
    Flags flags;
    SeqPlace seq;
    AckPlace ack;
};

// In each state of ScriptedPeer::reach(): what is next from the peer, and what of ours is in
// flight.
struct Place {
    std::uint32_t next;
    std::uint32_t una;
    std::uint32_t nxt;
};

Place place_of(TcpState state) {
    switch (state) {
        case TcpState::SynSent:
        case TcpState::SynReceived:
            return {.next = 1, .una = 0, .nxt = 1};
        case TcpState::Established:
            return {.next = 1, .una = 1, .nxt = 1};
        case TcpState::FinWait1:
            return {.next = 1, .una = 1, .nxt = 2};
        case TcpState::FinWait2:
            return {.next = 1, .una = 2, .nxt = 2};
        case TcpState::CloseWait:
            return {.next = 2, .una = 1, .nxt = 1};
        case TcpState::Closing:
        case TcpState::LastAck:
            return {.next = 2, .una = 1, .nxt = 2};
        case TcpState::TimeWait:
            return {.next = 2, .una = 2, .nxt = 2};
        case TcpState::Closed:
        case TcpState::Listen:
            break;
    }
    return {};
}

constexpr std::uint32_t kWindow = 65535;

std::uint32_t sequence_at(const Cell& cell) {
    const std::uint32_t next = place_of(cell.state).next;
    // Once the peer's FIN is taken, it has used one of the window.
    const std::uint32_t edge = 1 + kWindow;
    switch (cell.seq) {
        case SeqPlace::LeftOut:
            return next - 100;
        case SeqPlace::Next:
            return next;
        case SeqPlace::Inside:
            return next + 50;
        case SeqPlace::RightEdge:
            return edge - 1;
        case SeqPlace::RightOut:
            return edge + 10;
    }
    return 0;
}

std::uint32_t acknowledgment_at(const Cell& cell) {
    const Place place = place_of(cell.state);
    switch (cell.ack) {
        case AckPlace::Off:
            return 0;
        case AckPlace::BeforeUna:
            return place.una - 10;  // within MAX.SND.WND: an old duplicate, which is no attack
        case AckPlace::Una:
            return place.una;
        case AckPlace::Nxt:
            return place.nxt;
        case AckPlace::BeyondNxt:
            return place.nxt + 5;
    }
    return 0;
}

Expected expected_in_syn_sent(const Cell& cell) {
    const bool ack = cell.ack != AckPlace::Off;
    const bool acceptable = cell.ack == AckPlace::Nxt;
    const Expected stays{.state = TcpState::SynSent};
    if (ack && !acceptable) {
        return {.state = TcpState::SynSent,
                .answer = cell.flags.rst ? Answer::Nothing : Answer::Reset};
    }
    if (cell.flags.rst) {
        return ack ? Expected{.state = TcpState::Closed} : stays;
    }
    if (!cell.flags.syn) {
        return stays;
    }
    if (!ack) {
        return {.state = TcpState::SynReceived, .answer = Answer::SynAck};
    }
    return {.state = cell.flags.fin ? TcpState::CloseWait : TcpState::Established,
            .answer = Answer::Ack};
}

Expected expected_reset(const Cell& cell) {
    const Expected stays{.state = cell.state};
    if (cell.seq == SeqPlace::LeftOut || cell.seq == SeqPlace::RightOut) {
        return stays;
    }
    if (cell.seq != SeqPlace::Next) {
        // RFC 5961, 3.2, but not in TIME-WAIT.
        return cell.state == TcpState::TimeWait
                   ? stays
                   : Expected{.state = cell.state, .answer = Answer::Ack};
    }
    return {.state = cell.state == TcpState::SynReceived ? TcpState::Listen : TcpState::Closed};
}

Expected expected_in_time_wait(const Cell& cell) {
    const bool ack = cell.ack != AckPlace::Off;
    const Expected stays{.state = TcpState::TimeWait};
    const Expected answers{.state = TcpState::TimeWait, .answer = Answer::Ack};
    if (cell.flags.rst) {
        return expected_reset(cell);
    }
    if (cell.flags.syn) {
        return answers;  // a connection alone does not open anew; its stack does
    }
    const bool outside = cell.seq == SeqPlace::LeftOut || cell.seq == SeqPlace::RightOut;
    if (!ack) {
        return outside ? answers : stays;
    }
    const bool repeats =
        cell.seq == SeqPlace::Next && !cell.flags.fin && cell.ack != AckPlace::BeyondNxt;
    return repeats ? stays : answers;
}

// What becomes of an acceptable segment with an acceptable ACK.
Expected expected_progress(const Cell& cell, TcpState from) {
    const bool acks_all = cell.ack == AckPlace::Nxt;
    const bool fin_now = cell.flags.fin && cell.seq == SeqPlace::Next;
    const bool fin_early = cell.flags.fin && cell.seq == SeqPlace::Inside;
    // The FIN at the last number of the window fits; what would come behind it does not.
    const bool fin_at_edge = cell.flags.fin && cell.seq == SeqPlace::RightEdge;
    const Answer answer = fin_now || fin_early || fin_at_edge ? Answer::Ack : Answer::Nothing;
    switch (from) {
        case TcpState::Established:
            return {.state = fin_now ? TcpState::CloseWait : from, .answer = answer};
        case TcpState::FinWait1:
            if (acks_all) {
                return {.state = fin_now ? TcpState::TimeWait : TcpState::FinWait2,
                        .answer = answer};
            }
            return {.state = fin_now ? TcpState::Closing : from, .answer = answer};
        case TcpState::FinWait2:
            return {.state = fin_now ? TcpState::TimeWait : from, .answer = answer};
        case TcpState::Closing:
            return {.state = acks_all ? TcpState::TimeWait : from};
        case TcpState::LastAck:
            return {.state = acks_all ? TcpState::Closed : from};
        case TcpState::CloseWait:
        case TcpState::Closed:
        case TcpState::Listen:
        case TcpState::SynSent:
        case TcpState::SynReceived:
        case TcpState::TimeWait:
            break;
    }
    return {.state = from};
}

Expected expected_of(const Cell& cell) {
    const bool ack = cell.ack != AckPlace::Off;
    if (cell.state == TcpState::SynSent) {
        return expected_in_syn_sent(cell);
    }
    if (cell.state == TcpState::TimeWait) {
        return expected_in_time_wait(cell);
    }
    const Expected stays{.state = cell.state};
    const Expected challenges{.state = cell.state, .answer = Answer::Ack};
    if (cell.flags.rst) {
        return expected_reset(cell);
    }
    if (cell.state == TcpState::SynReceived && ack && cell.ack != AckPlace::Nxt) {
        return {.state = cell.state, .answer = Answer::Reset};  // wherever it is: not of this one
    }
    if (cell.seq == SeqPlace::LeftOut || cell.seq == SeqPlace::RightOut) {
        return challenges;
    }
    if (cell.flags.syn) {
        return cell.state == TcpState::SynReceived ? Expected{.state = TcpState::Listen}
                                                   : challenges;
    }
    if (!ack) {
        return stays;
    }
    if (cell.state == TcpState::SynReceived) {
        return expected_progress(cell, TcpState::Established);
    }
    if (cell.ack == AckPlace::BeyondNxt) {
        return challenges;
    }
    return expected_progress(cell, cell.state);
}

Answer answer_of(const std::vector<SentSegment>& sent) {
    if (sent.empty()) {
        return Answer::Nothing;
    }
    const wire::TcpFlags& flags = sent.front().segment.flags;
    return flags.rst ? Answer::Reset : flags.syn ? Answer::SynAck : Answer::Ack;
}

constexpr TcpState kStates[] = {TcpState::SynSent,  TcpState::SynReceived, TcpState::Established,
                                TcpState::FinWait1, TcpState::FinWait2,    TcpState::CloseWait,
                                TcpState::Closing,  TcpState::LastAck,     TcpState::TimeWait};

void check(const Cell& cell) {
    // PSH, ECE and CWR change nothing, so each combination of the others is tried with and without.
    for (const bool rest : {false, true}) {
        ScriptedPeer peer;
        peer.reach(cell.state);
        ScriptedPeer::Says says{.sequence = sequence_at(cell),
                                .flags = {.fin = cell.flags.fin,
                                          .syn = cell.flags.syn,
                                          .rst = cell.flags.rst,
                                          .psh = rest,
                                          .urg = cell.flags.urg,
                                          .ece = rest,
                                          .cwr = rest},
                                .urgent_pointer = 1};
        if (cell.ack != AckPlace::Off) {
            says.acknowledgment = acknowledgment_at(cell);
        }
        peer.says(says);
        const auto sent = peer.hears_all();
        EXPECT_EQ((Expected{peer.connection().state(), answer_of(sent)}), expected_of(cell))
            << "in " << rfc_name(cell.state) << ":" << (cell.flags.fin ? " FIN" : "")
            << (cell.flags.syn ? " SYN" : "") << (cell.flags.rst ? " RST" : "")
            << (cell.flags.urg ? " URG" : "") << ", SEQ place " << static_cast<int>(cell.seq)
            << ", ACK place " << static_cast<int>(cell.ack);
        EXPECT_LE(sent.size(), 1U);
        if (answer_of(sent) == Answer::Reset) {
            EXPECT_EQ(sent.front().segment.sequence, acknowledgment_at(cell));
            EXPECT_FALSE(sent.front().segment.flags.ack);
        }
        if (answer_of(sent) == Answer::Ack && cell.state != TcpState::SynSent) {
            EXPECT_EQ(sent.front().segment.sequence, place_of(cell.state).nxt);
        }
    }
}

TEST(StateEventTable, IsFollowedInEveryCell) {
    for (const TcpState state : kStates) {
        for (unsigned bits = 0; bits < 16; ++bits) {
            const Flags flags{.fin = (bits & 1U) != 0,
                              .syn = (bits & 2U) != 0,
                              .rst = (bits & 4U) != 0,
                              .urg = (bits & 8U) != 0};
            for (int seq = 0; seq < 5; ++seq) {
                for (int ack = 0; ack < 5; ++ack) {
                    check({.state = state,
                           .flags = flags,
                           .seq = static_cast<SeqPlace>(seq),
                           .ack = static_cast<AckPlace>(ack)});
                }
            }
        }
    }
}

// RFC 9293, 3.10.1 to 3.10.5: what a program may ask for in each state.
struct CallRow {
    TcpState state;
    bool can_send;
    TcpState after_close;
    TcpState after_abort;
    bool abort_resets;
};

constexpr CallRow kCalls[] = {
    {TcpState::SynSent, true, TcpState::Closed, TcpState::Closed, false},
    {TcpState::SynReceived, true, TcpState::FinWait1, TcpState::Closed, true},
    {TcpState::Established, true, TcpState::FinWait1, TcpState::Closed, true},
    {TcpState::FinWait1, false, TcpState::FinWait1, TcpState::Closed, true},
    {TcpState::FinWait2, false, TcpState::FinWait2, TcpState::Closed, true},
    {TcpState::CloseWait, true, TcpState::LastAck, TcpState::Closed, true},
    {TcpState::Closing, false, TcpState::Closing, TcpState::Closed, false},
    {TcpState::LastAck, false, TcpState::LastAck, TcpState::Closed, false},
    {TcpState::TimeWait, false, TcpState::TimeWait, TcpState::Closed, false},
};

TEST(StateEventTable, SaysWhatEachCallDoes) {
    for (const CallRow& row : kCalls) {
        SCOPED_TRACE(rfc_name(row.state));
        ScriptedPeer sending;
        sending.reach(row.state);
        EXPECT_EQ(sending.writes(10) == 10, row.can_send);

        ScriptedPeer closing;
        closing.reach(row.state);
        EXPECT_TRUE(closing.connection().close(closing.now()));
        EXPECT_EQ(closing.connection().state(), row.after_close);
        EXPECT_FALSE(closing.connection().close(closing.now()));  // a second time there is nothing

        ScriptedPeer aborting;
        aborting.reach(row.state);
        aborting.connection().abort(aborting.now());
        EXPECT_EQ(aborting.connection().state(), row.after_abort);
        const auto sent = aborting.hears_all();
        ASSERT_EQ(sent.size(), row.abort_resets ? 1U : 0U);
        if (row.abort_resets) {
            EXPECT_TRUE(sent[0].segment.flags.rst);
            EXPECT_EQ(sent[0].segment.sequence, place_of(row.state).nxt);
        }
        EXPECT_EQ(aborting.connection().next_deadline(), std::nullopt);
    }
}

}  // namespace
}  // namespace endpoint
}  // namespace tcpdx
