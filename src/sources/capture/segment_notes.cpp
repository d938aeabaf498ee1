#include "sources/capture/segment_notes.h"

#include <algorithm>
#include <limits>

#include "wire/sequence.h"

namespace tcpdx::capture {
namespace {

using wire::sequence_distance;

// What is further ahead of what was seen than any window reaches is another connection's, or
// nonsense: RFC 7323, 2.3.
constexpr std::int32_t kLargestWindow = 1 << 30;
// Each repetition of a SYN or FIN, and each closing of a window, is kept up to here.
constexpr std::uint8_t kMostRepeats = 20;
constexpr std::uint8_t kMostResets = 6;

template <class Counter>
void count(Counter& counter) {
    if (counter != std::numeric_limits<Counter>::max()) {
        ++counter;
    }
}

class Note {
public:
    Note(LiveConnection& connection, std::uint8_t side, const Segment& segment,
         const Moment& moment, SegmentLog& log)
        : connection_(connection),
          from_(connection.flows[side]),
          to_(connection.flows[1U - side]),
          side_(side),
          segment_(segment),
          moment_(moment),
          log_(log) {}

    void take() {
        if (is_duplicate()) {
            count(from_.duplicates);
            return;
        }
        count(from_.packets);
        to_.unanswered_repeats = 0;
        notice_passage();
        if (!segment_.flags_known()) {
            connection_.headers_cut = true;
            return;
        }
        if (segment_.bad_header) {
            count(from_.bad_headers);
            return;
        }
        if (segment_.has(kRst)) {
            take_reset();
            return;
        }
        if (segment_.has(kSyn)) {
            take_syn();
        } else {
            take_plain();
        }
        notice_window();
    }

private:
    void log_mark(SegmentMark mark, std::uint8_t extra = 0) {
        log_at(moment_.time_ns, mark, extra);
    }
    void log_at(std::int64_t time_ns, SegmentMark mark, std::uint8_t extra) {
        log_.append(connection_.log, connection_.first_ns,
                    {.time_ns = time_ns,
                     .packet = moment_.packet,
                     .mark = mark,
                     .from = side_,
                     .extra = extra});
    }
    // A flood of one kind must not grow the log.
    void log_repeat(SegmentMark mark) {
        if (from_.repeats_logged < kMostRepeats) {
            ++from_.repeats_logged;
            log_mark(mark);
        } else {
            connection_.marks_limited = true;
        }
    }
    [[nodiscard]] std::uint32_t now_ms() const {
        return static_cast<std::uint32_t>((moment_.time_ns - connection_.first_ns) / 1'000'000);
    }

    // The same packet again: from a mirror port, from both interfaces of a router (with a hop
    // less), or doubled on the way. A retransmission has another IP identification, or at least
    // another timestamp, or comes after the 200 ms that Linux waits at least.
    bool is_duplicate() {
        const auto now_us =
            static_cast<std::uint32_t>((moment_.time_ns - connection_.first_ns) / 1000);
        // Without identification and options only the time is left to tell.
        const bool told_by_id = segment_.ip_id.value_or(0) != 0;
        const std::uint32_t longest_us = told_by_id ? 100'000 : 3'000;
        for (std::size_t i = 0; i < from_.recent_prints.size(); ++i) {
            if (from_.packets > i && from_.recent_prints[i] == segment_.fingerprint &&
                now_us - from_.recent_times_us[i] <= longest_us &&
                (moment_.has_time || told_by_id)) {
                return true;
            }
        }
        from_.recent_prints[from_.recent_at] = segment_.fingerprint;
        from_.recent_times_us[from_.recent_at] = now_us;
        from_.recent_at = from_.recent_at == 0 ? 1 : 0;
        return false;
    }

    void notice_passage() {
        from_.seen_out |= segment_.passage == Passage::Out;
        from_.seen_in |= segment_.passage == Passage::In;
        // The largest: a packet that took a detour arrives with less.
        from_.hop_limit = std::max(from_.hop_limit, segment_.hop_limit);
    }

    void take_syn() {
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
            to_.ack_wanted_again = answers;
        } else {
            log_mark(answers ? SegmentMark::SynAck : SegmentMark::Syn);
        }
        if (segment_.payload_bytes > 0) {
            take_payload(segment_.sequence + 1);
        }
        if (segment_.has(kFin)) {
            take_fin(segment_.sequence + 1 + segment_.payload_bytes);
        }
        if (answers) {
            take_ack_of_syn_ack();
        }
        from_.last_kind =
            static_cast<std::uint8_t>(answers ? SegmentMark::SynAck : SegmentMark::Syn);
    }

    void take_syn_options() {
        const SynOptions& options = segment_.syn_options;
        from_.max_segment_size = options.max_segment_size.value_or(0);
        from_.has_max_segment_size = options.max_segment_size.has_value();
        from_.window_shift = options.window_shift.value_or(0);
        from_.has_window_shift = options.window_shift.has_value();
        from_.sack_permitted = options.sack_permitted;
        from_.timestamps = options.timestamps;
        from_.fast_open = options.fast_open;
    }

    // The SYN+ACK of either end acknowledges the other's SYN, and may be all that is seen of it.
    void take_ack_of_syn_ack() {
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

    void take_plain() {
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

    // Linux sends both keep-alives and window probes as an empty segment one number back.
    void take_probe() {
        if (!to_.acked_known || to_.acked != from_.next || from_.next == from_.initial + 1) {
            return;
        }
        count(to_.window_closed ? from_.zero_window_probes : from_.keepalives);
    }

    void take_payload(std::uint32_t start) {
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
    }

    void set_next(std::uint32_t end) {
        from_.unanswered_repeats = 0;
        if (!from_.busy) {
            from_.busy = true;
            from_.busy_since_ms = now_ms();
        }
        from_.next = end;
        from_.newest_ip_id = segment_.ip_id.value_or(0);
        from_.ip_id_known = segment_.ip_id.has_value();
    }

    void add_gap(Gap gap) {
        for (Gap& place : from_.gaps) {
            if (place.from == place.to) {
                place = gap;
                return;
            }
        }
        from_.gaps[1] = gap;  // the older of the two is more likely to be a loss of the capture
    }

    bool fill_gap(std::uint32_t start, std::uint32_t end) {
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

    void take_fin(std::uint32_t sequence) {
        const bool acks_theirs = from_.acked_fin;
        if (from_.fin_seen) {
            if (sequence == from_.fin_sequence) {
                count(from_.fin_retransmissions);
                count(from_.unanswered_repeats);
                if (segment_.payload_bytes == 0) {
                    count(from_.retransmissions);
                }
                to_.fin_ack_wanted_again = true;
                log_repeat(SegmentMark::FinAgain);
            }
            return;
        }
        if (sequence_distance(from_.next, sequence) > 0) {
            add_gap({from_.next, sequence});
        }
        // close() may have come long before the FIN, when data had to go first.
        if (from_.busy && from_.busy_since_ms + 1 < now_ms()) {
            log_at(connection_.first_ns + std::int64_t{from_.busy_since_ms} * 1'000'000,
                   SegmentMark::BusySince, 0);
        }
        from_.fin_seen = true;
        from_.fin_sequence = sequence;
        if (sequence_distance(from_.next, sequence + 1) > 0) {
            set_next(sequence + 1);
        }
        log_mark(SegmentMark::Fin, acks_theirs ? kAcksFin : std::uint8_t{0});
    }

    void take_ack() {
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
        const bool has_opened =
            from_.syn_seen || from_.syn_ack_seen || to_.syn_seen || to_.syn_ack_seen;
        if (beyond > 0) {
            // Received there and never seen here.
            to_.bytes_not_captured += static_cast<std::uint32_t>(beyond);
            to_.next = acked;
        }
        if (!from_.acked_known || sequence_distance(from_.acked, acked) > 0) {
            from_.acked = acked;
            from_.acked_known = true;
        }
        if (from_.acked == to_.next) {
            to_.busy = false;
        }
        if (has_opened && to_.initial_known && sequence_distance(to_.initial, acked) >= 1) {
            if (!from_.acked_syn) {
                from_.acked_syn = true;
                log_mark(SegmentMark::Ack, to_.packets == 0 ? kInferred : std::uint8_t{0});
            } else if (from_.ack_wanted_again) {
                log_repeat(SegmentMark::AckAgain);
            }
            from_.ack_wanted_again = false;
        }
        if (to_.fin_seen && sequence_distance(to_.fin_sequence, acked) >= 1) {
            if (!from_.acked_fin) {
                from_.acked_fin = true;
                log_mark(SegmentMark::AckOfFin);
            } else if (from_.fin_ack_wanted_again) {
                log_repeat(SegmentMark::AckOfFinAgain);
            }
            from_.fin_ack_wanted_again = false;
        }
    }

    // RFC 9293, 3.10.7.3, and RFC 5961, 3.2: a reset that does not fit resets nothing.
    [[nodiscard]] bool reset_fits() const {
        if (to_.syn_seen && !from_.syn_seen && !from_.syn_ack_seen && !from_.spoke &&
            !to_.acked_known) {
            // To SYN-SENT: it must acknowledge the SYN (or the data with it).
            return segment_.has(kAck) &&
                   sequence_distance(to_.initial, segment_.acknowledgment) >= 1 &&
                   sequence_distance(segment_.acknowledgment, to_.next) >= 0;
        }
        if (!from_.sequence_known || !to_.acked_known) {
            return true;
        }
        // The receiver stands between what it last acknowledged and all that was sent.
        return sequence_distance(to_.acked, segment_.sequence) >= 0 &&
               sequence_distance(segment_.sequence, from_.next) >= 0;
    }

    void take_reset() {
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
        count(from_.resets);
        if (from_.resets <= kMostResets) {
            log_mark(SegmentMark::Rst, to_.packets == 0 ? std::uint8_t{0xff} : to_.last_kind);
        }
        from_.last_kind = static_cast<std::uint8_t>(SegmentMark::Rst);
        if (to_.window_closed) {
            end_zero_window(to_);
        }
    }

    void end_zero_window(LiveFlow& flow) {
        flow.window_closed = false;
        flow.zero_total_ms += now_ms() - flow.zero_since_ms;
    }

    void notice_window() {
        if (segment_.seen < HeaderSeen::Fixed || segment_.has(kSyn) || !segment_.has(kAck)) {
            return;
        }
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

    LiveConnection& connection_;
    LiveFlow& from_;
    LiveFlow& to_;
    std::uint8_t side_;
    const Segment& segment_;
    const Moment& moment_;
    SegmentLog& log_;
};

}  // namespace

void note_segment(LiveConnection& connection, std::uint8_t side, const Segment& segment,
                  const Moment& moment, SegmentLog& log) {
    if (moment.has_time) {
        connection.times_backwards |= moment.time_ns < connection.last_ns;
        connection.last_ns = std::max(connection.last_ns, moment.time_ns);
    } else {
        connection.no_times = true;
    }
    Note(connection, side, segment, moment, log).take();
}

std::uint8_t packed_icmp(std::uint8_t type, std::uint8_t code) {
    return static_cast<std::uint8_t>((type & 0x0fU) << 4U | std::min<unsigned>(code, 15U));
}

void note_icmp(LiveConnection& connection, std::uint8_t side, const IcmpError& error,
               const Moment& moment, SegmentLog& log) {
    LiveFlow& flow = connection.flows[side];
    if (flow.repeats_logged >= kMostRepeats) {
        connection.marks_limited = true;
        return;
    }
    ++flow.repeats_logged;
    log.append(connection.log, connection.first_ns,
               {.time_ns = moment.time_ns,
                .packet = moment.packet,
                .mark = SegmentMark::IcmpError,
                .from = side,
                .extra = packed_icmp(error.type, error.code)});
}

void note_new_syn(LiveConnection& connection, std::uint8_t side, const Moment& moment,
                  SegmentLog& log) {
    log.append(connection.log, connection.first_ns,
               {.time_ns = moment.time_ns,
                .packet = moment.packet,
                .mark = SegmentMark::NewSyn,
                .from = side});
}

}  // namespace tcpdx::capture
