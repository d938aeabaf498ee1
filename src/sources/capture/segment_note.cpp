// What begins a connection, copies of packets, and windows.

#include "sources/capture/segment_note.h"

#include <algorithm>

namespace tcpdx::capture {

using wire::sequence_distance;

void Note::log_at(std::int64_t time_ns, SegmentMark mark, std::uint8_t extra) {
    log_.append(connection_.log, connection_.first_ns,
                {.time_ns = time_ns,
                 .packet = moment_.packet,
                 .mark = mark,
                 .from = side_,
                 .extra = extra});
}

void Note::log_repeat(SegmentMark mark, std::uint8_t extra) {
    if (from_.repeats_logged < kMostRepeats) {
        ++from_.repeats_logged;
        log_mark(mark, extra);
    } else {
        connection_.marks_limited = true;
    }
}

bool Note::is_duplicate() {
    const auto now_us = static_cast<std::uint32_t>((moment_.time_ns - connection_.first_ns) / 1000);
    // Without identification and options only the time is left to tell.
    const bool told_by_id = segment_.ip_id.value_or(0) != 0;
    const std::uint32_t longest_us = told_by_id ? 100'000 : 3'000;
    for (std::size_t i = 0; i < from_.recent_prints.size(); ++i) {
        if (from_.packets > i && from_.recent_prints[i] == segment_.fingerprint &&
            now_us - from_.recent_times_us[i] <= longest_us && (moment_.has_time || told_by_id)) {
            return true;
        }
    }
    from_.recent_prints[from_.recent_at] = segment_.fingerprint;
    from_.recent_times_us[from_.recent_at] = now_us;
    from_.recent_at = from_.recent_at == 0 ? 1 : 0;
    return false;
}

void Note::notice_passage() {
    from_.seen_out |= segment_.passage == Passage::Out;
    from_.seen_in |= segment_.passage == Passage::In;
    if (segment_.has(kRst) && from_.packets > 1) {
        return;  // not told apart yet: a device in between may have sent it in this end's name
    }
    // The largest: a packet that took a detour arrives with less.
    from_.hop_limits_differ |= from_.hop_limit != 0 && from_.hop_limit != segment_.hop_limit;
    from_.hop_limit = std::max(from_.hop_limit, segment_.hop_limit);
}

void Note::take_syn() {
    const bool answers = segment_.has(kAck);
    const bool again = answers ? from_.syn_ack_seen : from_.syn_seen;
    if (!from_.syn_seen && !from_.syn_ack_seen) {
        // A SYN that was overtaken by its answer is known already.
        if (!from_.initial_known || from_.initial != segment_.sequence) {
            from_.initial = segment_.sequence;
            from_.next = segment_.sequence + 1;
            from_.initial_known = from_.sequence_known = true;
        }
        take_syn_options();
    } else if (from_.initial != segment_.sequence) {
        // Another initial number for the same connection: the last one is what counts when the
        // first was never acknowledged.
        connection_.wrong_handshake_ack = true;
        if (!to_.acked_syn) {
            from_.initial = segment_.sequence;
            from_.next = segment_.sequence + 1;
        }
    }
    if (answers) {
        from_.syn_ack_seen = true;
    } else {
        from_.syn_seen = true;
    }
    if (again) {
        count(from_.syn_retransmissions);
        count(from_.retransmissions);
        log_repeat(answers ? SegmentMark::SynAckAgain : SegmentMark::SynAgain);
    } else {
        log_mark(answers ? SegmentMark::SynAck : SegmentMark::Syn);
    }
    // Also the first in the capture is a later copy when it was acknowledged before.
    to_.ack_wanted_again = answers && (again || to_.acked_syn);
    if (segment_.payload_bytes > 0) {
        take_payload(segment_.sequence + 1);
    }
    if (segment_.has(kFin)) {
        take_fin(segment_.sequence + 1 + segment_.payload_bytes);
    }
    if (answers) {
        take_ack_of_syn_ack();
    }
    from_.last_kind = static_cast<std::uint8_t>(answers ? SegmentMark::SynAck : SegmentMark::Syn);
}

void Note::take_syn_options() {
    const SynOptions& options = segment_.syn_options;
    from_.max_segment_size = options.max_segment_size.value_or(0);
    from_.has_max_segment_size = options.max_segment_size.has_value();
    from_.window_shift = options.window_shift.value_or(0);
    from_.has_window_shift = options.window_shift.has_value();
    from_.sack_permitted = options.sack_permitted;
    from_.timestamps = options.timestamps;
    from_.fast_open = options.fast_open;
}

void Note::take_ack_of_syn_ack() {
    if (!to_.initial_known) {
        to_.initial = segment_.acknowledgment - 1;
        to_.initial_known = to_.sequence_known = true;
        to_.next = segment_.acknowledgment;
    }
    if (sequence_distance(to_.initial, segment_.acknowledgment) < 1 ||
        sequence_distance(to_.initial, segment_.acknowledgment) >
            sequence_distance(to_.initial, to_.next)) {
        connection_.wrong_handshake_ack = true;
        return;
    }
    from_.acked_syn = true;
    from_.acked = segment_.acknowledgment;
    from_.acked_known = true;
}

void Note::take_plain() {
    if (!from_.sequence_known) {
        from_.initial = segment_.sequence - 1;
        from_.next = segment_.sequence;
        from_.sequence_known = true;
    }
    const std::int32_t ahead = sequence_distance(from_.next, segment_.sequence);
    const bool in_reach = ahead < kLargestWindow && ahead > -kLargestWindow;
    if (!in_reach) {
        return;
    }
    from_.last_kind = static_cast<std::uint8_t>(SegmentMark::Ack);
    const bool spoke_again = to_.resets > 0 && !from_.after_rst_logged;
    if (spoke_again) {
        from_.after_rst_logged = true;
        log_mark(SegmentMark::AfterRst);
    }
    notice_lost_fin();
    if (ahead > 0 && segment_.payload_bytes == 0 && !from_.fin_seen && !from_.fin_before) {
        // Something that it sent before was not captured, and its last may have been a FIN.
        from_.own_missing = true;
        from_.end_missing = true;
        from_.busy_since_ms = before_ms();
    }
    if (segment_.has(kAck)) {
        take_ack();
    }
    if (segment_.payload_bytes > 0) {
        from_.last_kind = static_cast<std::uint8_t>(SegmentMark::Data);
        take_payload(segment_.sequence);
    } else if (segment_.sequence == from_.next - 1 && !segment_.has(kFin)) {
        take_probe();
    }
    if (segment_.has(kFin)) {
        from_.last_kind = static_cast<std::uint8_t>(SegmentMark::Fin);
        take_fin(segment_.sequence + segment_.payload_bytes);
    }
    if (from_.syn_ack_seen && !from_.spoke) {
        from_.spoke = true;
        if (!from_.fin_seen && !from_.data_logged) {
            log_mark(SegmentMark::Speaks);
        }
    }
}

void Note::end_zero_window(LiveFlow& flow) {
    flow.window_closed = false;
    flow.zero_total_ms += now_ms() - flow.zero_since_ms;
}

void Note::notice_window() {
    connection_.windows_cut |= segment_.seen < HeaderSeen::Fixed;
    if (segment_.seen < HeaderSeen::Fixed || segment_.has(kSyn) || !segment_.has(kAck)) {
        return;
    }
    from_.window = segment_.window;
    if (segment_.window == 0 && !from_.window_closed) {
        count(from_.zero_windows);
        from_.window_closed = true;
        from_.zero_since_ms = now_ms();
        log_repeat(SegmentMark::ZeroWindow);
    } else if (segment_.window != 0 && from_.window_closed) {
        end_zero_window(from_);
        log_repeat(SegmentMark::WindowOpen);
    }
}

}  // namespace tcpdx::capture
