// What acknowledgments say about loss: RFC 5681 and 6582 without SACK, RFC 6675 with it. Both come
// down to one edge: what lies before it and is not known to have arrived is lost.

#include <algorithm>

#include "endpoint/sender.h"
#include "wire/sequence.h"

namespace tcpdx::endpoint {

using wire::after;
using wire::at_or_after;
using wire::before;

namespace {

constexpr unsigned kDuplicateThreshold = 3;

}  // namespace

bool Sender::acknowledge(const Acknowledgment& ack, Time now) {
    const bool advances = after(ack.number, una_);
    const std::uint32_t flight = nxt_ - una_;
    const std::uint32_t bytes = ack.number - una_;
    if (advances) {
        measure(ack, now);
        remove_acknowledged(ack.number);
    }
    const bool news = note_sack(ack.sack);
    if (persist_at_ || probe_due_) {
        peer_is_alive(now);  // RFC 9293, MUST-37: answered probes are enough to stay open
        unanswered_probes_ = 0;
    }
    if (ack.congestion_experienced && !before(una_, ecn_recover_) && !in_recovery_) {
        congestion_.congestion_experienced(flight, now);
        ecn_recover_ = nxt_;
        window_reduced_ = true;
    }
    if (advances) {
        progress(bytes, flight, now);
    } else if (outstanding() && syn_acknowledged() && ack.number == una_ &&
               (news || ack.may_be_duplicate)) {
        duplicate(now);
    }
    return advances;
}

void Sender::remove_acknowledged(std::uint32_t number) {
    if (after(number, nxt_)) {
        nxt_ = number;  // a probe's octet
    }
    probing_ = false;
    const std::uint32_t data_end = end_of_data();
    const std::uint32_t data_acknowledged = after(number, data_end) ? data_end : number;
    const bool fin = fin_queued_ && after(number, data_end);
    if (after(data_acknowledged, first_data())) {
        queue_.drop(data_acknowledged - first_data());
    }
    fin_acknowledged_ = fin_acknowledged_ || fin;
    acknowledged_bytes_ += syn_acknowledged() || !passive_ ? number - una_ : 0;
    una_ = number;
    scoreboard_.remove_before(una_);
    for (std::uint32_t* mark : {&lost_until_, &repaired_, &short_end_}) {
        *mark = before(*mark, una_) ? una_ : *mark;
    }
    if (before(ecn_recover_, una_)) {
        ecn_recover_ = una_;
    }
}

// Karn: only where the timed segment was sent once, or where the timestamps tell the copies apart.
void Sender::measure(const Acknowledgment& ack, Time now) {
    if (ack.round_trip) {
        const std::uint32_t per_window =
            (nxt_ - una_ + 2 * segment_size_ - 1) / (2 * std::max(segment_size_, 1U));
        rtt_.measured(*ack.round_trip, per_window);
        timed_at_.reset();
    } else if (timed_at_ && after(ack.number, timed_sequence_)) {
        rtt_.measured(std::chrono::duration_cast<Duration>(now - *timed_at_));
        timed_at_.reset();
    }
}

// A block that cannot be true is left out: of what was never sent, of what is acknowledged (a
// D-SACK, RFC 2883), or the wrong way round. True when something new arrived.
bool Sender::note_sack(std::span<const wire::SackBlock> blocks) {
    if (!sack_ || !syn_acknowledged()) {
        return false;
    }
    bool news = false;
    for (const wire::SackBlock& block : blocks) {
        const SequenceRange range{.left = block.left, .right = block.right};
        // As distances from una: compared round the circle, a block half of it away looks true.
        if (range.left == una_ || range.left - una_ >= nxt_ - una_ ||
            range.right - una_ > nxt_ - una_ || !before(range.left, range.right)) {
            continue;
        }
        const std::uint32_t missing = scoreboard_.missing_in(range);
        news = (missing > 0 && scoreboard_.add(range)) || news;
    }
    return news;
}

void Sender::progress(std::uint32_t bytes, std::uint32_t flight, Time now) {
    const bool was_timed_out = retransmissions_ > 0;
    retransmissions_ = 0;
    r1_passed_ = false;
    progress_at_ = now;
    retransmit_at_.reset();
    if (outstanding()) {
        retransmit_at_ = now + rtt_.rto();
    }
    limited_transmit_ = 0;
    if (in_recovery_) {
        if (at_or_after(una_, recover_)) {
            in_recovery_ = false;
            duplicates_ = 0;
            congestion_.leave_recovery(nxt_ - una_, !sack_);
        } else if (!sack_) {
            congestion_.partial_acknowledgment(bytes);
            lose_first_segment();
        }
        return;
    }
    duplicates_ = 0;
    if (syn_acknowledged() && bytes > 0) {
        congestion_.acknowledged(bytes, was_timed_out ? std::max(flight, segment_size_) : flight,
                                 rtt_.smoothed(), now);
    }
    if (sack_ && lost_by_sack() && at_or_after(una_, recover_)) {
        enter_recovery(now);
    }
}

void Sender::duplicate(Time now) {
    ++duplicates_;
    if (in_recovery_) {
        if (!sack_) {
            congestion_.duplicate_in_recovery();
        }
        return;
    }
    const bool enough = duplicates_ >= kDuplicateThreshold || (sack_ && lost_by_sack());
    // RFC 6582, 3.2, step 2: duplicates caused by what was sent again are no new loss.
    if (enough && at_or_after(una_, recover_)) {
        enter_recovery(now);
    }
}

void Sender::enter_recovery(Time now) {
    in_recovery_ = true;
    // "The additional data sent in limited transmit MUST NOT be included" (RFC 5681, 3.2).
    congestion_.enter_recovery(nxt_ - una_ - limited_transmit_, !sack_, now);
    recover_ = nxt_;
    lose_first_segment();
}

void Sender::lose_first_segment() {
    const std::uint32_t first_end = una_ + segment_size_;
    lost_until_ = after(first_end, nxt_) ? nxt_ : first_end;
    repaired_ = una_;
    repair_at_once_ = true;
}

bool Sender::lost_by_sack() const {
    return after(loss_edge(), una_);
}

// RFC 6675, IsLost: three separate ranges, or more than two segments' worth, have arrived behind.
std::uint32_t Sender::loss_edge() const {
    std::uint32_t edge = lost_until_;
    std::uint32_t bytes = 0;
    unsigned ranges = 0;
    const auto held = scoreboard_.all();
    for (std::size_t i = held.size(); i-- > 0;) {
        bytes += held[i].size();
        ++ranges;
        if (ranges >= kDuplicateThreshold || bytes > (kDuplicateThreshold - 1) * segment_size_) {
            return after(held[i].left, edge) ? held[i].left : edge;
        }
    }
    return edge;
}

std::uint32_t Sender::pipe() const {
    const std::uint32_t edge = loss_edge();
    return scoreboard_.missing_in({edge, nxt_}) + repaired_bytes();
}

std::uint32_t Sender::lost_bytes() const {
    return scoreboard_.missing_in({una_, loss_edge()});
}

std::uint32_t Sender::repaired_bytes() const {
    return scoreboard_.missing_in({una_, repaired_});
}

// RFC 6675, NextSeg, rules (1), (3) and (4). Rule (2), new data, is only put behind the last two by
// the order in which this is asked, which costs nothing: they apply to what is not known to be
// lost.
std::optional<SequenceRange> Sender::range_to_repair() const {
    const SequenceRange lost = scoreboard_.first_missing_in({repaired_, loss_edge()});
    if (before(lost.left, lost.right)) {
        return lost;
    }
    if (!in_recovery_ || !sack_ || scoreboard_.empty()) {
        return std::nullopt;
    }
    const bool new_data_can_go = nxt_ != end() && after(window_edge(), nxt_);
    if (new_data_can_go) {
        return std::nullopt;
    }
    const SequenceRange gap =
        scoreboard_.first_missing_in({repaired_, scoreboard_.all().back().left});
    if (before(gap.left, gap.right)) {
        return gap;
    }
    // Once in a recovery: the end of what was sent, which nothing behind it can show to be lost.
    SequenceRange tail{scoreboard_.all().back().right, recover_};
    if (after(recover_ - segment_size_, tail.left)) {
        tail.left = recover_ - segment_size_;
    }
    if (before(repaired_, tail.left) && before(tail.left, tail.right)) {
        return tail;
    }
    return std::nullopt;
}

}  // namespace tcpdx::endpoint
