// Payload, FINs, acknowledgments and resets.

#include <algorithm>

#include "sources/capture/segment_note.h"

namespace tcpdx::capture {

using wire::sequence_distance;

void Note::take_probe() {
    if (!to_.acked_known || to_.acked != from_.next) {
        return;
    }
    count(to_.window_closed ? from_.zero_window_probes : from_.keepalives);
    count(from_.unanswered_repeats);
}

// An acknowledgment carries the number of what comes next. When that is one further than anything
// seen, its sender has sent a FIN that was lost before it got here; it will be sent again.
void Note::notice_lost_fin() {
    if (from_.fin_seen || from_.fin_before || segment_.payload_bytes > 0 || segment_.has(kFin) ||
        from_.packets < 2 || segment_.sequence != from_.next + 1) {
        return;
    }
    from_.fin_before = true;
    from_.fin_sequence = from_.next;
    from_.fin_before_ack = !from_.acked_fin && to_.fin_retransmissions == 0;
    log_mark(SegmentMark::FinBefore);
}

void Note::take_payload(std::uint32_t start) {
    const std::uint32_t end = start + segment_.payload_bytes;
    const std::int32_t ahead = sequence_distance(from_.next, start);
    count(from_.data_segments);
    const bool is_new = sequence_distance(from_.next, end) > 0;
    const bool is_probe = segment_.payload_bytes == 1 && start == from_.next - 1 &&
                          to_.acked_known && to_.acked == from_.next;
    if (is_probe) {
        --from_.data_segments;
        count(to_.window_closed ? from_.zero_window_probes : from_.keepalives);
        return;
    }
    if (!from_.data_logged) {
        from_.data_logged = true;
        log_mark(SegmentMark::Data);
    }
    if (ahead > 0) {
        add_gap({from_.next, start});
    }
    if (is_new) {
        if (ahead < 0) {
            count(from_.retransmissions);  // at least its front
        }
        from_.payload_bytes +=
            static_cast<std::uint32_t>(sequence_distance(ahead < 0 ? from_.next : start, end));
        if (to_.fin_seen) {
            count(from_.data_after_peer_fin);
        }
        set_next(end);
        return;
    }
    if (fill_gap(start, end)) {
        from_.payload_bytes += segment_.payload_bytes;
        // What was sent earlier and overtaken has an older identification. Without one, time
        // tells nothing that a lost segment sent again would not tell as well.
        const bool older = segment_.ip_id && from_.ip_id_known && *segment_.ip_id != 0 &&
                           static_cast<std::int16_t>(*segment_.ip_id - from_.newest_ip_id) < 0;
        count(older ? from_.out_of_order : from_.retransmissions);
        return;
    }
    count(from_.retransmissions);
    count(from_.unanswered_repeats);
    if (from_.fin_seen) {
        to_.fin_ack_wanted_again = true;
        log_repeat(SegmentMark::DataAgain);
    }
}

void Note::set_next(std::uint32_t end) {
    from_.unanswered_repeats = 0;
    from_.end_missing = false;
    from_.outlived_new_syn |= from_.new_syn_seen;
    if (!from_.busy && !from_.held_back) {
        from_.busy_since_ms = now_ms();
    }
    from_.busy = true;
    from_.held_back = fills_window(end);
    const std::uint32_t full = from_.has_max_segment_size && to_.has_max_segment_size
                                   ? std::min(from_.max_segment_size, to_.max_segment_size)
                                   : 1220U;
    // Options take up to 40 bytes of it.
    from_.newest_full = segment_.payload_bytes + 40 >= full && !segment_.has(kFin);
    from_.next = end;
    from_.newest_ip_id = segment_.ip_id.value_or(0);
    from_.ip_id_known = segment_.ip_id.has_value();
}

// Whether nothing more fits into the window that the other end has announced.
bool Note::fills_window(std::uint32_t end) const {
    if (!to_.acked_known || !from_.initial_known || !to_.initial_known) {
        return false;
    }
    const bool scaled = from_.has_window_shift && to_.has_window_shift;
    const std::uint32_t window = std::uint32_t{to_.window} << (scaled ? to_.window_shift : 0U);
    return end - to_.acked + std::max(segment_.payload_bytes, std::uint32_t{1}) > window;
}

void Note::add_gap(Gap gap) {
    for (Gap& place : from_.gaps) {
        if (place.from == place.to) {
            place = gap;
            return;
        }
    }
    from_.gaps[1] = gap;  // the older of the two is more likely to be a loss of the capture
}

bool Note::fill_gap(std::uint32_t start, std::uint32_t end) {
    for (Gap& gap : from_.gaps) {
        if (gap.from == gap.to || sequence_distance(gap.from, start) < 0 ||
            sequence_distance(end, gap.to) < 0) {
            continue;
        }
        // What lies between the two parts, if any, is remembered as the larger one.
        const std::uint32_t before = start - gap.from;
        const std::uint32_t behind = gap.to - end;
        gap = before > behind ? Gap{gap.from, start} : Gap{end, gap.to};
        return true;
    }
    return false;
}

std::uint32_t Note::quiet_us() const {
    const auto now_us = static_cast<std::uint32_t>((moment_.time_ns - connection_.first_ns) / 1000);
    return now_us - from_.recent_times_us[from_.recent_at];
}

std::uint8_t Note::quiet_bits() const {
    unsigned steps = kQuietUnknown;
    // What stands in the time before wraps around after an hour.
    constexpr std::int64_t kWrapsNs = std::int64_t{1000} << 32;
    if (from_.packets >= 2 && moment_.time_ns - connection_.first_ns < kWrapsNs &&
        moment_.time_ns >= connection_.last_ns) {
        const std::int64_t quiet_ns = std::int64_t{quiet_us()} * 1000;
        steps = 0;
        for (std::int64_t limit = kQuietUnitNs; quiet_ns >= limit && steps < kQuietUnknown;
             limit *= 3) {
            ++steps;
        }
    }
    return static_cast<std::uint8_t>(steps << kQuietShift);
}

void Note::take_fin(std::uint32_t sequence) {
    if (from_.fin_seen) {
        if (sequence == from_.fin_sequence) {
            count(from_.fin_retransmissions);
            count(from_.unanswered_repeats);
            if (segment_.payload_bytes == 0) {
                count(from_.retransmissions);
            }
            to_.fin_ack_wanted_again = true;
            log_repeat(SegmentMark::FinAgain, from_.acked_fin ? kAcksFin : std::uint8_t{0});
        }
        return;
    }
    if (sequence_distance(from_.next, sequence) > 0) {
        add_gap({from_.next, sequence});
    }
    // close() may have come long before the FIN, when data had to go first.
    if ((from_.busy || from_.held_back) && from_.busy_since_ms + 1 < now_ms()) {
        log_at(connection_.first_ns + std::int64_t{from_.busy_since_ms} * 1'000'000,
               SegmentMark::BusySince, 0);
    }
    const bool sent_before = from_.fin_before && from_.fin_sequence == sequence;
    const bool acks_theirs = from_.acked_fin && !(sent_before && from_.fin_before_ack);
    from_.fin_seen = true;
    from_.fin_sequence = sequence;
    if (sequence_distance(from_.next, sequence + 1) > 0) {
        set_next(sequence + 1);
    }
    const std::uint8_t quiet = quiet_bits();
    const bool acked_before = to_.acked_known && sequence_distance(sequence, to_.acked) >= 1;
    log_mark(SegmentMark::Fin, static_cast<std::uint8_t>((acks_theirs ? kAcksFin : 0U) | quiet |
                                                         (acked_before ? kAckedBefore : 0U) |
                                                         (sent_before ? kSentBefore : 0U)));
}

void Note::take_ack() {
    const std::uint32_t acked = segment_.acknowledgment;
    if (!to_.sequence_known) {
        // The other direction was not captured so far: this is what it has sent.
        to_.initial = acked - 1;
        to_.next = acked;
        to_.sequence_known = true;
        to_.initial_known = from_.syn_seen && !from_.acked_known;
    }
    const std::int32_t beyond = sequence_distance(to_.next, acked);
    if (beyond >= kLargestWindow || beyond <= -kLargestWindow) {
        return;
    }
    // Afterwards half of all numbers lie before the first one.
    if (to_.syn_seen && !from_.acked_syn && sequence_distance(to_.initial, acked) < 0) {
        connection_.wrong_handshake_ack = true;  // RFC 5961, 4: of a connection before this one
        return;
    }
    const bool has_opened =
        from_.syn_seen || from_.syn_ack_seen || to_.syn_seen || to_.syn_ack_seen;
    if (beyond > 0) {
        // Received there and never seen here.
        to_.bytes_not_captured += static_cast<std::uint32_t>(beyond);
        to_.next = acked;
    }
    for (Gap& gap : to_.gaps) {
        if (gap.from != gap.to && sequence_distance(gap.to, acked) >= 0) {
            to_.bytes_not_captured += gap.to - gap.from;
            gap = {};
        }
    }
    if (!from_.acked_known || sequence_distance(from_.acked, acked) > 0) {
        from_.acked = acked;
        from_.acked_known = true;
        from_.outlived_new_syn |= from_.new_syn_seen;
    }
    if (from_.acked == to_.next) {
        // Behind a closed window more may wait; when it opens that goes out at once.
        const bool opens = from_.window_closed && segment_.window != 0;
        to_.held_back |= segment_.window == 0 || opens;
        to_.busy = false;
        if (beyond > 0 && !to_.fin_seen) {
            to_.silent_since_missing = !to_.end_missing || to_.silent_since_missing;
            to_.end_missing = true;
            to_.busy_since_ms = before_ms();
        }
    }
    if (has_opened && to_.initial_known && sequence_distance(to_.initial, acked) >= 1) {
        if (!from_.acked_syn) {
            from_.acked_syn = true;
            const bool bare = segment_.payload_bytes == 0 && !segment_.has(kFin) &&
                              segment_.sequence == from_.initial + 1 && acked == to_.initial + 1;
            log_mark(SegmentMark::Ack,
                     static_cast<std::uint8_t>((to_.packets == 0 ? kInferred : 0U) |
                                               (bare ? kBare : 0U)));
        } else if (from_.ack_wanted_again) {
            log_repeat(SegmentMark::AckAgain);
        }
        from_.ack_wanted_again = false;
    }
    if (to_.fin_seen && sequence_distance(to_.fin_sequence, acked) >= 1) {
        if (!from_.acked_fin) {
            from_.acked_fin = true;
            log_mark(SegmentMark::AckOfFin, quiet_bits());
        } else if (from_.fin_ack_wanted_again) {
            log_repeat(SegmentMark::AckOfFinAgain);
        }
        from_.fin_ack_wanted_again = false;
    }
}

bool Note::reset_fits() const {
    if (to_.syn_seen && !from_.syn_seen && !from_.syn_ack_seen && !from_.spoke &&
        !to_.acked_known) {
        // To SYN-SENT: it must acknowledge the SYN (or the data with it).
        return segment_.has(kAck) && sequence_distance(to_.initial, segment_.acknowledgment) >= 1 &&
               sequence_distance(segment_.acknowledgment, to_.next) >= 0;
    }
    // RFC 9293, 3.10.7.3: an opener answers with a reset what acknowledges a connection that it
    // does not know, with that one's numbers, and goes on opening.
    if (from_.syn_seen && !from_.acked_syn &&
        (sequence_distance(from_.initial, segment_.sequence) < 0 ||
         sequence_distance(from_.next, segment_.sequence) > kMostUnseen)) {
        return false;
    }
    if (!from_.sequence_known || !to_.acked_known) {
        return true;
    }
    // The receiver stands between what it last acknowledged and all that was sent.
    return sequence_distance(to_.acked, segment_.sequence) >= 0 &&
           sequence_distance(segment_.sequence, from_.next) >= 0;
}

// RFC 9293, 3.10.7.1: a reset without ACK answers a segment. Behind a reset that ended the
// connection it answers one that was under way; when all that was captured of the other end had
// arrived before, that one was not captured, and may have been its FIN.
void Note::notice_unseen_cause() {
    const bool is_answered = to_.last_kind == static_cast<std::uint8_t>(SegmentMark::Data) &&
                             !to_.busy && !to_.fin_seen && !to_.after_rst_logged;
    if (from_.resets == 0 || segment_.has(kAck) || !is_answered) {
        return;
    }
    to_.last_unseen = true;
    to_.busy_since_ms = to_.last_heard_us() / 1000;
}

void Note::take_reset() {
    const bool fits = reset_fits();
    if (!fits) {
        count(from_.ignored_resets);
        if (from_.ignored_resets <= kMostResets) {
            log_mark(SegmentMark::RstIgnored, to_.last_kind);
        }
        return;
    }
    if (!from_.sequence_known) {
        from_.initial = segment_.sequence - 1;
        from_.next = segment_.sequence;
    }
    if (from_.syn_seen && !from_.acked_syn && segment_.has(kAck) &&
        sequence_distance(from_.initial, segment_.sequence) >= 1) {
        // Only an opener that has got a SYN+ACK has something to acknowledge.
        from_.acked_syn = true;
        log_mark(SegmentMark::Ack, kInferred);
    }
    if (segment_.has(kAck) && segment_.acknowledgment == to_.next) {
        to_.busy = false;  // all of it had arrived
    }
    notice_unseen_cause();
    const bool is_first = from_.resets == 0;
    if (is_first) {
        from_.reset_hop_limit = segment_.hop_limit;
    }
    if (is_first && segment_.has(kAck) && to_.fin_seen && !from_.acked_fin &&
        sequence_distance(to_.fin_sequence, segment_.acknowledgment) >= 1) {
        log_mark(SegmentMark::AckOfFin, static_cast<std::uint8_t>(quiet_bits() | kByReset));
    }
    count(from_.resets);
    if (from_.resets <= kMostResets) {
        const bool unheard = from_.unanswered_repeats >= 2;
        log_mark(SegmentMark::Rst,
                 static_cast<std::uint8_t>((to_.packets == 0 ? 0x3fU : to_.last_kind) |
                                           (unheard ? kUnheard : 0U)));
    }
    from_.last_kind = static_cast<std::uint8_t>(SegmentMark::Rst);
    if (to_.window_closed) {
        end_zero_window(to_);
    }
}

}  // namespace tcpdx::capture
