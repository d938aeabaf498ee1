#pragma once

// Takes one segment into its connection: see segment_notes.h. What has to do with payload and
// acknowledgments is in segment_note_data.cpp, everything else in segment_note.cpp.

#include <algorithm>
#include <cstdint>
#include <limits>

#include "sources/capture/segment_notes.h"
#include "wire/sequence.h"

namespace tcpdx::capture {

// What is further ahead of what was seen than any window reaches is another connection's, or
// nonsense: RFC 7323, 2.3.
inline constexpr std::int32_t kLargestWindow = 1 << 30;
// What is further ahead is not what was sent meanwhile and not captured.
inline constexpr std::int32_t kMostUnseen = 1 << 26;
// Each repetition of a SYN or FIN, and each closing of a window, is kept up to here.
inline constexpr std::uint8_t kMostRepeats = 20;
inline constexpr std::uint8_t kMostResets = 6;

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
        from_.silent_since_missing = false;
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
    void log_at(std::int64_t time_ns, SegmentMark mark, std::uint8_t extra);
    // A flood of one kind must not grow the log.
    void log_repeat(SegmentMark mark, std::uint8_t extra = 0);
    [[nodiscard]] std::uint32_t now_ms() const {
        return static_cast<std::uint32_t>((moment_.time_ns - connection_.first_ns) / 1'000'000);
    }
    // The same packet again: from a mirror port, from both interfaces of a router (with a hop
    // less), or doubled on the way. A retransmission has another IP identification, or at least
    // another timestamp, or comes after the 200 ms that Linux waits at least.
    bool is_duplicate();
    void notice_passage();
    void take_syn();
    void take_syn_options();
    // The SYN+ACK of either end acknowledges the other's SYN, and may be all that is seen of it.
    void take_ack_of_syn_ack();
    void take_plain();
    // Linux sends both keep-alives and window probes as an empty segment one number back.
    void take_probe();
    void notice_lost_fin();
    void take_payload(std::uint32_t start);
    void set_next(std::uint32_t end);
    [[nodiscard]] bool fills_window(std::uint32_t end) const;
    void add_gap(Gap gap);
    bool fill_gap(std::uint32_t start, std::uint32_t end);
    void take_fin(std::uint32_t sequence);
    // How long nothing had been captured of its sender: see kQuietShift.
    [[nodiscard]] std::uint32_t quiet_us() const;
    [[nodiscard]] std::uint8_t quiet_bits() const;
    // When its sender's segment before this one was captured.
    [[nodiscard]] std::uint32_t before_ms() const {
        return from_.packets < 2 ? 0 : now_ms() - std::min(now_ms(), quiet_us() / 1000 + 1);
    }
    void take_ack();
    // RFC 9293, 3.10.7.3, and RFC 5961, 3.2: a reset that does not fit resets nothing.
    [[nodiscard]] bool reset_fits() const;
    void take_reset();
    void notice_unseen_cause();
    void end_zero_window(LiveFlow& flow);
    void notice_window();
    LiveConnection& connection_;
    LiveFlow& from_;
    LiveFlow& to_;
    std::uint8_t side_;
    const Segment& segment_;
    const Moment& moment_;
    SegmentLog& log_;
};

}  // namespace tcpdx::capture
