// Segments that arrive in SYN-RECEIVED and all later states: RFC 9293, 3.10.7.4, one function for
// each of its steps, with PAWS (RFC 7323, 5.3) before them and RFC 5961 in them.

#include <algorithm>

#include "endpoint/connection.h"
#include "endpoint/reset.h"
#include "wire/sequence.h"

namespace tcpdx::endpoint {

using wire::after;
using wire::before;
using wire::in_range;

void Connection::receive(const wire::TcpSegment& segment, wire::Ecn ecn, Time now) {
    switch (state_) {
        case TcpState::Closed:
        case TcpState::Listen:
            return;  // the stack answers for these
        case TcpState::SynSent:
            arrives_in_syn_sent(segment, now);
            break;
        case TcpState::TimeWait:
            arrives_in_time_wait(segment, now);
            break;
        case TcpState::SynReceived:
        case TcpState::Established:
        case TcpState::FinWait1:
        case TcpState::FinWait2:
        case TcpState::CloseWait:
        case TcpState::Closing:
        case TcpState::LastAck:
            if (ecn_on_ && segment.flags.cwr) {
                echo_congestion_ = false;
            }
            if (ecn_on_ && ecn == wire::Ecn::Congested && !segment.payload.empty()) {
                echo_congestion_ = true;
            }
            restart_keep_alive(now);
            arrives_synchronized(segment, now);
            break;
    }
    settle(now);
}

void Connection::arrives_synchronized(wire::TcpSegment segment, Time now) {
    const wire::TcpFlags flags = segment.flags;
    if (half_open() && flags.ack && !flags.rst && segment.acknowledgment != sender_.nxt()) {
        // Linux and BSD look here first: this is not of the connection that is being opened.
        queue_reset(segment.acknowledgment);
        return;
    }
    if (settings_->linux_arrivals) {
        if (state_ == TcpState::FinWait2 && orphaned_) {
            arrives_at_orphan(segment, now);
            return;
        }
        if (!half_open() && !flags.ack && !flags.rst && !flags.syn) {
            return;  // tcp_rcv_state_process(), before it looks at the number
        }
    }
    if (!timestamps_pass(segment, now) || !sequence_passes(segment, now)) {
        return;
    }
    if (segment.flags.rst) {
        reset_arrives(segment, now);
        return;
    }
    if (!syn_passes(segment, now) || !segment.flags.ack || !acknowledgment_passes(segment, now)) {
        return;
    }
    note_timestamp(segment, now);
    take_urgent(segment);
    if (take_text(segment, now) && receiver_.at_fin()) {
        take_fin(now);
    }
}

// RFC 7323, 5.3, R1: a RST is exempt. 3.2: a segment without timestamps should be dropped.
bool Connection::timestamps_pass(const wire::TcpSegment& segment, Time now) {
    if (!timestamps_on_ || segment.flags.rst) {
        return true;
    }
    if (settings_->linux_arrivals && half_open() && segment.options.timestamps &&
        !echoes_our_syn(segment, now)) {
        challenge(now);  // tcp_check_req()
        return false;
    }
    if (!segment.options.timestamps) {
        return settings_->tolerate_missing_timestamps;
    }
    if (!recent_timestamp_.is_newer_than(segment.options.timestamps->value, now)) {
        return true;
    }
    const bool bare = sequence_length(segment) == 0 && segment.flags.ack;
    if (settings_->linux_arrivals && bare && before(segment.sequence, receiver_.next())) {
        return false;  // PAWS_OLD_ACK: it has been overtaken, no more
    }
    if (segment.payload.empty() || segment.flags.syn) {
        challenge(now);
    } else {
        tell_duplicate(segment);
        acknowledge_at_once();
    }
    return false;
}

// R3: only from the segment that the next acknowledgment will be about, so that a delayed one
// echoes the earliest.
void Connection::note_timestamp(const wire::TcpSegment& segment, Time now) {
    if (timestamps_on_ && segment.options.timestamps &&
        !before(segment.options.timestamps->value, recent_timestamp_.value) &&
        !after(segment.sequence, last_ack_sent_)) {
        recent_timestamp_ = {.value = segment.options.timestamps->value, .seen_at = now};
    } else if (timestamps_on_ && segment.options.timestamps &&
               !recent_timestamp_.is_newer_than(segment.options.timestamps->value, now) &&
               before(segment.options.timestamps->value, recent_timestamp_.value)) {
        // The remembered one has expired, and is no measure any more.
        recent_timestamp_ = {.value = segment.options.timestamps->value, .seen_at = now};
    }
}

// ---- First, check the sequence number.

Connection::SequenceVerdict Connection::judge_sequence(const wire::TcpSegment& segment) const {
    const std::uint32_t next = receiver_.next();
    const std::uint32_t window = receiver_.window();
    const std::uint32_t length = sequence_length(segment);
    if (settings_->linux_arrivals) {
        return judge_sequence_like_linux(segment);
    }
    if (length == 0) {
        const bool fits =
            window == 0 ? segment.sequence == next : in_range(segment.sequence, next, window);
        return fits ? SequenceVerdict::Acceptable : SequenceVerdict::Unacceptable;
    }
    if (window == 0) {
        // "Special allowance should be made to accept valid ACKs, URGs, and RSTs."
        return segment.sequence == next ? SequenceVerdict::ControlsOnly
                                        : SequenceVerdict::Unacceptable;
    }
    const std::uint32_t last = segment.sequence + length - 1;
    // The third case is one that the RFC's table leaves out: a segment larger than the window.
    const bool overlaps = in_range(segment.sequence, next, window) ||
                          in_range(last, next, window) ||
                          (before(segment.sequence, next) && after(last, next));
    return overlaps ? SequenceVerdict::Acceptable : SequenceVerdict::Unacceptable;
}

// RFC 2883, 4: also of a segment that is not acceptable.
void Connection::tell_duplicate(const wire::TcpSegment& segment) {
    const bool counts_fin = segment.flags.fin && settings_->linux_arrivals;
    if (before(segment.sequence, receiver_.next())) {
        receiver_.note_duplicate(
            {segment.sequence, segment.sequence +
                                   static_cast<std::uint32_t>(segment.payload.size()) +
                                   (counts_fin ? 1 : 0)});
    }
}

bool Connection::sequence_passes(wire::TcpSegment& segment, Time now) {
    // The SYN of a connection that is not up yet can come again, or with an acknowledgment after
    // both ends opened at once: what follows it is judged.
    if (!sender_.syn_acknowledged() && segment.flags.syn && !segment.flags.rst &&
        segment.sequence == receiver_.irs()) {
        if (half_open() && !segment.flags.ack) {
            if (may_answer_invalid(now)) {
                sender_.repeat_syn();
            }
            return false;
        }
        if (!half_open() && segment.flags.ack) {
            segment.flags.syn = false;
            ++segment.sequence;
        }
    }
    if (settings_->linux_arrivals && segment.flags.rst && receiver_.fin_taken() &&
        segment.sequence == receiver_.next() - 1) {
        reset_kills();
        return false;
    }
    switch (judge_sequence(segment)) {
        case SequenceVerdict::Acceptable:
            return true;
        case SequenceVerdict::ControlsOnly:
            if (!segment.flags.rst) {
                acknowledge_at_once();
                segment.payload = {};
                segment.flags.fin = false;
            }
            return true;
        case SequenceVerdict::Unacceptable:
            break;
    }
    if (segment.flags.rst) {
        return false;
    }
    const bool synchronized = !half_open() && segment.flags.ack && !segment.flags.syn;
    if (synchronized) {
        tell_duplicate(segment);
    }
    const std::uint32_t end = segment.sequence + sequence_length(segment);
    if (synchronized && before(segment.sequence, receiver_.next()) &&
        !before(end, last_ack_sent_) && !after(end, receiver_.next())) {
        // All of it is here already, but its acknowledgment can be news: Linux and BSD take it.
        acknowledge_at_once();
        return true;
    }
    if (sequence_length(segment) == 0 || segment.flags.syn) {
        challenge(now);
    } else {
        acknowledge_at_once();  // of a retransmission: our acknowledgment was lost
    }
    return false;
}

// ---- Second, check the RST bit.

void Connection::reset_arrives(const wire::TcpSegment& segment, Time now) {
    // RFC 5961, 3.2: one who cannot see the connection has to guess the number exactly. Linux takes
    // the end of what SACK tells for exact too: the peer may have missed that something is missing.
    const bool exact = segment.sequence == receiver_.next() ||
                       (settings_->linux_arrivals && sack_on_ && receiver_.has_gaps() &&
                        segment.sequence == receiver_.rightmost());
    if (!settings_->rfc5961 || exact) {
        reset_kills();
    } else {
        challenge(now);
    }
}

void Connection::reset_kills() {
    switch (state_) {
        case TcpState::SynReceived:
            if (passive_) {
                change_state(TcpState::Listen, CauseKind::Segment,
                             "RST received, and this end had listened");
            } else {
                fail(settings_->linux_arrivals ? Failure::Reset : Failure::Refused,
                     CauseKind::Segment, "RST received");
            }
            break;
        case TcpState::Established:
        case TcpState::FinWait1:
        case TcpState::FinWait2:
        case TcpState::CloseWait:
        case TcpState::Closing:  // the RFC is silent for these two; Linux and BSD are not
        case TcpState::LastAck:
            fail(Failure::Reset, CauseKind::Segment, "RST received");
            break;
        case TcpState::TimeWait:
            change_state(TcpState::Closed, CauseKind::Segment, "RST received");
            break;
        case TcpState::Closed:
        case TcpState::Listen:
        case TcpState::SynSent:
            break;
    }
}

// ---- Fourth, check the SYN bit. (Third was security.)

bool Connection::syn_passes(wire::TcpSegment& segment, Time now) {
    if (!segment.flags.syn) {
        return true;
    }
    if (half_open()) {
        if (settings_->linux_arrivals) {
            reset_ = reset_for(segment);  // tcp_check_req()
        }
        change_state(TcpState::Listen, CauseKind::Segment,
                     "another SYN received, and this end had listened");
    } else if (settings_->rfc5961) {
        challenge(now);
    } else {
        queue_abort_reset();
        reset_kills();
    }
    return false;
}

// ---- Fifth, check the ACK field.

bool Connection::acknowledgment_passes(wire::TcpSegment& segment, Time now) {
    std::uint32_t number = segment.acknowledgment;
    if (settings_->linux_arrivals && !passive_ && number == sender_.iss() &&
        !sender_.syn_acknowledged()) {
        number = segment.acknowledgment = number + 1;  // tcp_ack() does not mind
    }
    if (!sender_.syn_acknowledged()) {  // SYN-RECEIVED, or FIN-WAIT-1 that was closed in it
        if (!after(number, sender_.una()) || after(number, sender_.nxt())) {
            queue_reset(number);
            return false;
        }
        take_acknowledgment(segment, now);
        if (state_ == TcpState::SynReceived) {
            change_state(TcpState::Established, CauseKind::Segment, "ACK of our SYN received");
        }
        const bool goes_on = our_fin_is_acknowledged(now);
        become_established(now);
        return goes_on;
    }
    const bool of_the_future = after(number, sender_.highest_acceptable_ack());
    const bool of_the_past = before(number, sender_.una() - acknowledgment_reach());
    if (of_the_future || (settings_->rfc5961 && of_the_past)) {
        challenge(now);
        return false;
    }
    const bool waits_for_fin_ack = state_ == TcpState::FinWait1;
    take_acknowledgment(segment, now);
    const bool goes_on = our_fin_is_acknowledged(now);
    // Linux has made a mini-socket of it by now, and looks at no text of the same segment.
    const bool mini =
        settings_->linux_arrivals && orphaned_ && waits_for_fin_ack && state_ == TcpState::FinWait2;
    const auto text = static_cast<std::uint32_t>(segment.payload.size());
    return goes_on &&
           (!mini || segment.flags.fin || after(segment.sequence + text, receiver_.next()));
}

// How far behind an acknowledgment may lag (RFC 5961, 5.2). Linux knows that there was nothing
// before the first byte.
std::uint32_t Connection::acknowledgment_reach() const {
    const std::uint64_t reach = sender_.max_window();
    return static_cast<std::uint32_t>(
        settings_->linux_arrivals ? std::min(reach, sender_.acknowledged_bytes()) : reach);
}

void Connection::take_acknowledgment(const wire::TcpSegment& segment, Time now) {
    const std::uint32_t window = std::uint32_t{segment.window}
                                 << (segment.flags.syn ? 0U : unsigned{send_shift_});
    Sender::Acknowledgment ack{
        .number = segment.acknowledgment,
        .sack = std::span(segment.options.sack).first(segment.options.sack_blocks),
        .may_be_duplicate = sequence_length(segment) == 0 && window == sender_.window(),
        .congestion_experienced = ecn_on_ && segment.flags.ece && !segment.flags.syn,
        .round_trip = {}};
    if (timestamps_on_ && segment.options.timestamps &&
        segment.options.timestamps->echo_reply != 0) {
        const std::uint32_t ticks =
            timestamp_now(timestamp_offset_, now) - segment.options.timestamps->echo_reply;
        if (ticks < 0x7fffffff) {
            ack.round_trip = std::chrono::milliseconds(ticks);
        }
    }
    const bool was_full = sender_.room() == 0;
    const bool opening = !sender_.syn_acknowledged();
    if (!before(ack.number, sender_.una())) {
        sender_.acknowledge(ack, now);
        if (opening) {
            sender_.set_window(segment.sequence, ack.number, window);
        } else {
            sender_.update_window(segment.sequence, ack.number, window);
        }
    }
    if (was_full && sender_.room() > 0) {
        raise(EventKind::Writable);
    }
    if (send_urgent_on_ && !before(sender_.una(), send_urgent_)) {
        send_urgent_on_ = false;
    }
}

// False when the connection has ended.
bool Connection::our_fin_is_acknowledged(Time now) {
    if (!sender_.fin_acknowledged()) {
        return true;
    }
    constexpr std::string_view kCause = "ACK of our FIN received";
    if (state_ == TcpState::FinWait1) {
        change_state(TcpState::FinWait2, CauseKind::Segment, kCause);
    } else if (state_ == TcpState::Closing) {
        enter_time_wait(now);
        change_state(TcpState::TimeWait, CauseKind::Segment, kCause);
        return false;
    } else if (state_ == TcpState::LastAck) {
        change_state(TcpState::Closed, CauseKind::Segment, kCause);
        return false;
    }
    return true;
}

// ---- Sixth, check the URG bit.

void Connection::take_urgent(const wire::TcpSegment& segment) {
    const bool reads = state_ == TcpState::Established || state_ == TcpState::FinWait1 ||
                       state_ == TcpState::FinWait2;
    if (!segment.flags.urg || !reads) {
        return;
    }
    const std::uint32_t urgent = segment.sequence + segment.urgent_pointer;
    if (after(urgent, receiver_.next()) &&
        (!receive_urgent_on_ || after(urgent, receive_urgent_))) {
        receive_urgent_ = urgent;
        receive_urgent_on_ = true;
        raise(EventKind::Urgent);
    }
}

// ---- Seventh, process the segment text.

bool Connection::take_text(const wire::TcpSegment& segment, Time now) {
    const bool reads = state_ == TcpState::Established || state_ == TcpState::FinWait1 ||
                       state_ == TcpState::FinWait2;
    if (!reads) {
        // "This should not occur since a FIN has been received. Ignore the text."
        return !settings_->linux_arrivals || take_text_after_fin(segment);
    }
    const std::uint32_t end = segment.sequence + static_cast<std::uint32_t>(segment.payload.size());
    const bool nobody_reads =
        orphaned_ || (settings_->linux_arrivals && receive_shut_down_ && sender_.fin_queued());
    const bool counts =
        !segment.payload.empty() || (settings_->linux_arrivals && segment.flags.fin);
    if (nobody_reads && state_ != TcpState::Established && counts && after(end, receiver_.next())) {
        // RFC 9293, SHLD-3: nobody will ever read this, and the peer has to know.
        queue_reset(segment.acknowledgment);
        if (orphaned_) {
            change_state(TcpState::Closed, CauseKind::Segment, "data received after close()");
        } else {
            fail(Failure::Reset, CauseKind::Segment, "data received after close()");
        }
        return false;
    }
    if (segment.payload.empty() && !segment.flags.fin) {
        return true;
    }
    const auto effect = receiver_.accept(segment.sequence, segment.payload, segment.flags.fin);
    if (effect == Receiver::Effect::InOrder || effect == Receiver::Effect::FilledGap) {
        raise(EventKind::Readable);
    }
    if (effect != Receiver::Effect::Nothing || !segment.payload.empty() ||
        (segment.flags.fin && !receiver_.at_fin())) {
        acknowledge_text(effect, now);
    }
    return true;
}

void Connection::acknowledge_text(Receiver::Effect effect, Time now) {
    switch (effect) {
        case Receiver::Effect::OutOfOrder:
            ++duplicates_owed_;
            return;
        case Receiver::Effect::Nothing:
        case Receiver::Effect::FilledGap:
            acknowledge_at_once();
            return;
        case Receiver::Effect::InOrder:
            break;
    }
    if (sack_on_ && receiver_.has_duplicate_to_report()) {
        acknowledge_at_once();  // RFC 2883, 4: in the acknowledgment of this very segment
        return;
    }
    // Two segments' worth, also where they came as one.
    const std::uint32_t owed = receiver_.next() - last_ack_sent_;
    unacknowledged_segments_ += owed >= 2 * receive_segment_size() ? 2U : 1U;
    if (!settings_->delayed_ack || quick_acks_left_ > 0 || unacknowledged_segments_ >= 2) {
        quick_acks_left_ -= quick_acks_left_ > 0 ? 1 : 0;
        acknowledge_at_once();
    } else if (!delayed_ack_at_) {
        delayed_ack_at_ = now + settings_->delayed_ack_time;
    }
}

// ---- Eighth, check the FIN bit.

void Connection::take_fin(Time now) {
    fin_unread_ = receiver_.readable() == 0;
    receiver_.take_fin();
    acknowledge_at_once();
    raise(EventKind::PeerClosed);
    switch (state_) {
        case TcpState::Established:
            if (settings_->linux_arrivals) {
                receiver_.forget_duplicate();  // tcp_fin(), which answers later than in the others
            }
            change_state(TcpState::CloseWait, CauseKind::Segment, "FIN received");
            break;
        case TcpState::FinWait1:
            // Its acknowledgment, had it come with this FIN, would have led to FIN-WAIT-2 already.
            change_state(TcpState::Closing, CauseKind::Segment,
                         "FIN received: both ends closed at once");
            break;
        case TcpState::FinWait2:
            enter_time_wait(now);
            change_state(TcpState::TimeWait, CauseKind::Segment, "FIN received");
            break;
        case TcpState::Closed:
        case TcpState::Listen:
        case TcpState::SynSent:
        case TcpState::SynReceived:
        case TcpState::CloseWait:
        case TcpState::Closing:
        case TcpState::LastAck:
        case TcpState::TimeWait:
            break;
    }
}

void Connection::arrives_in_time_wait(const wire::TcpSegment& segment, Time now) {
    switch (segment_in_time_wait(time_wait_, segment, *settings_, now)) {
        case TimeWaitVerdict::Ignore:
            break;
        case TimeWaitVerdict::Acknowledge:
        case TimeWaitVerdict::Reopen:  // the stack has seen to it where it can
            challenge(now);
            break;
        case TimeWaitVerdict::Delete:
            change_state(TcpState::Closed, CauseKind::Segment, "RST received");
            break;
    }
}

// ---- Answers

// Linux' tcp_invalid_ratelimit: two ends that take each other for wrong must not play ping-pong.
bool Connection::may_answer_invalid(Time now) {
    if (answered_invalid_at_ && now - *answered_invalid_at_ < settings_->invalid_ratelimit) {
        return false;
    }
    answered_invalid_at_ = now;
    return true;
}

// RFC 5961, 7: not more than so many a second. The count is of this connection alone: a shared one
// told attackers what happened on others (CVE-2016-5696).
void Connection::challenge(Time now) {
    if (now - challenge_second_ >= std::chrono::seconds(1)) {
        challenge_second_ = now;
        challenges_left_ = settings_->challenge_acks_per_second;
    }
    if (challenges_left_ > 0 && may_answer_invalid(now)) {
        --challenges_left_;
        acknowledge_at_once();
    }
}

void Connection::queue_reset(std::uint32_t sequence) {
    reset_ = wire::TcpSegment{.sequence = sequence, .flags = {.rst = true}};
}

void Connection::queue_abort_reset() {
    reset_ = wire::TcpSegment{.sequence = sender_.nxt(),
                              .acknowledgment = receiver_.next(),
                              .flags = {.rst = true, .ack = true}};
    if (settings_->linux_arrivals && sack_on_) {
        receiver_.write_sack(reset_->options, 3);  // tcp_send_active_reset()
    }
}

}  // namespace tcpdx::endpoint
