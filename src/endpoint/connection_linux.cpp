// Segments as Linux takes them (Settings::linux_arrivals), where that is more than a condition in
// the RFC's steps: docs/tcp-beside-linux.md.

#include "endpoint/connection.h"
#include "endpoint/reset.h"
#include "wire/sequence.h"

namespace tcpdx::endpoint {

using wire::after;
using wire::before;

// What a timestamp echoes was in a SYN of ours. Linux wants it to be (TSECR_REJECTED); the RFC has
// no such check.
bool Connection::echoes_our_syn(const wire::TcpSegment& segment, Time now) const {
    const std::uint32_t echoed = segment.options.timestamps->echo_reply;
    const std::uint32_t last =
        state_ == TcpState::SynSent ? timestamp_now(timestamp_offset_, now) : last_syn_stamp_;
    return echoed == 0 || echoed - first_syn_stamp_ <= last - first_syn_stamp_;
}

// tcp_in_window(), of Linux' request and TIME-WAIT sockets.
bool Connection::in_mini_window(const wire::TcpSegment& segment) const {
    const std::uint32_t next = receiver_.next();
    const std::uint32_t edge = next + receiver_.window();
    const std::uint32_t end = segment.sequence + sequence_length(segment);
    return segment.sequence == next || (after(end, next) && before(segment.sequence, edge)) ||
           (segment.sequence == edge && segment.sequence == end);
}

// tcp_timewait_state_process(): what Linux keeps of FIN-WAIT-2 once the program has gone.
void Connection::arrives_at_orphan(const wire::TcpSegment& segment, Time now) {
    const std::uint32_t next = receiver_.next();
    const std::uint32_t end = segment.sequence + sequence_length(segment);
    const bool old = timestamps_on_ && segment.options.timestamps &&
                     recent_timestamp_.is_newer_than(segment.options.timestamps->value, now);
    if (!in_mini_window(segment) || old) {
        challenge(now);
    } else if (segment.flags.rst) {
        reset_kills();
    } else if (segment.flags.syn && !before(segment.sequence, next)) {
        reset_ = reset_for(segment);
        change_state(TcpState::Closed, CauseKind::Segment, "SYN received");
    } else if (segment.flags.ack && after(end, next) && end != segment.sequence) {
        if (!segment.flags.fin || end != next + 1) {
            queue_reset(segment.acknowledgment);
            change_state(TcpState::Closed, CauseKind::Segment, "data received after close()");
            return;
        }
        note_timestamp(segment, now);
        receiver_.accept(segment.sequence, segment.payload, true);
        receiver_.forget_duplicate();  // a mini-socket does not tell
        take_fin(now);
    }
}

// tcp_sequence(): the edges themselves belong to the window. What ends behind it is welcome while
// everything before it has been read, and a FIN right behind it always.
Connection::SequenceVerdict Connection::judge_sequence_like_linux(
    const wire::TcpSegment& segment) const {
    const std::uint32_t edge = receiver_.next() + receiver_.window();
    const std::uint32_t text_end =
        segment.sequence + sequence_length(segment) - (segment.flags.fin ? 1 : 0);
    if (half_open()) {
        return in_mini_window(segment) ? SequenceVerdict::Acceptable
                                       : SequenceVerdict::Unacceptable;
    }
    const bool all_read = receiver_.readable() == 0 && !fin_unread_;
    if (before(segment.sequence + sequence_length(segment), last_ack_sent_) ||
        after(segment.sequence, edge) || (after(text_end, edge) && !all_read)) {
        return SequenceVerdict::Unacceptable;
    }
    return receiver_.window() == 0 && !segment.payload.empty() ? SequenceVerdict::ControlsOnly
                                                               : SequenceVerdict::Acceptable;
}

// tcp_rcv_state_process(): what begins before the FIN is a retransmission, unless it ends behind
// it.
bool Connection::take_text_after_fin(const wire::TcpSegment& segment) {
    const std::uint32_t end = segment.sequence + static_cast<std::uint32_t>(segment.payload.size());
    if (!before(segment.sequence, receiver_.next())) {
        return true;
    }
    if (after(end, receiver_.next())) {
        queue_reset(segment.acknowledgment);
        fail(Failure::Reset, CauseKind::Segment, "RST received");  // tcp_reset(): as if it were one
        return false;
    }
    if (sequence_length(segment) > 0) {
        receiver_.accept(segment.sequence, segment.payload, segment.flags.fin);
        if (segment.flags.fin && end == receiver_.next()) {
            receiver_.take_fin();  // one more number: tcp_data_queue() does not look back
            receiver_.forget_duplicate();
        }
        acknowledge_at_once();
    }
    return true;
}

}  // namespace tcpdx::endpoint
