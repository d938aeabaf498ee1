#include "endpoint/sender.h"

#include <algorithm>

#include "wire/sequence.h"

namespace tcpdx::endpoint {

using wire::after;
using wire::before;
using wire::sequence_distance;

Sender::Sender(const Settings& settings)
    : settings_(&settings),
      queue_(settings.send_buffer),
      rtt_({.initial = settings.rto_initial, .min = settings.rto_min, .max = settings.rto_max}),
      congestion_(settings.congestion, settings.initial_window_segments),
      r2_(settings.r2),
      r2_syn_(settings.r2_syn) {}

void Sender::begin(std::uint32_t initial_sequence) {
    iss_ = una_ = nxt_ = initial_sequence;
    recover_ = lost_until_ = repaired_ = ecn_recover_ = short_end_ = initial_sequence;
    syn_due_ = true;
}

void Sender::establish(std::uint32_t segment_size, bool sack) {
    segment_size_ = segment_size;
    sack_ = sack;
    if (syn_lost_) {
        rtt_.syn_was_retransmitted();
    }
    congestion_.begin(segment_size, syn_lost_);
    recover_ = lost_until_ = repaired_ = ecn_recover_ = short_end_ = una_;
}

void Sender::set_segment_size(std::uint32_t bytes) {
    segment_size_ = bytes;
    congestion_.set_segment_size(bytes);
}

std::uint32_t Sender::end_of_data() const {
    // Once our FIN is acknowledged, una is behind it and the queue is empty.
    const std::uint32_t end = first_data() + static_cast<std::uint32_t>(queue_.size());
    return fin_acknowledged() ? end - 1 : end;
}

std::uint32_t Sender::unsent_bytes() const {
    const std::uint32_t begin = syn_acknowledged() ? nxt_ : iss_ + 1;
    return before(begin, end_of_data()) ? end_of_data() - begin : 0;
}

bool Sender::fin_acknowledged() const {
    return fin_queued_ && fin_acknowledged_;
}

void Sender::copy(std::uint32_t sequence, std::span<std::byte> out) const {
    queue_.peek(sequence - first_data(), out);
}

void Sender::set_window(std::uint32_t sequence, std::uint32_t acknowledgment,
                        std::uint32_t window) {
    const bool opens = window_is_closed() && window > 0;
    window_ = window;
    max_window_ = std::max(max_window_, window);
    window_sequence_ = sequence;
    window_acknowledgment_ = acknowledgment;
    if (opens) {
        probes_ = unanswered_probes_ = 0;
        persist_at_.reset();
        probe_due_ = false;
        if (outstanding()) {
            // The peer had taken its window back, so it cannot have kept this.
            lost_until_ = nxt_;
            repaired_ = una_;
        }
    }
}

// RFC 9293, 3.10.7.4: an old segment must not bring back an old window.
void Sender::update_window(std::uint32_t sequence, std::uint32_t acknowledgment,
                           std::uint32_t window) {
    if (before(window_sequence_, sequence) ||
        (window_sequence_ == sequence && !after(window_acknowledgment_, acknowledgment))) {
        set_window(sequence, acknowledgment, window);
    }
}

std::uint32_t Sender::congestion_room() const {
    // RFC 3042: each of the first two duplicates stands for a segment that has arrived.
    const std::uint32_t extra = in_recovery_ || duplicates_ > 2 ? 0 : duplicates_ * segment_size_;
    const std::uint32_t window = congestion_.window() + extra;
    const std::uint32_t in_flight = pipe();
    return in_flight < window ? window - in_flight : 0;
}

std::optional<Sender::Plan> Sender::plan(std::uint32_t option_bytes) const {
    if (!syn_acknowledged()) {
        if (!syn_due_) {
            const bool closed_at_once = fin_queued_ && queue_.size() == 0 && nxt_ == iss_ + 1;
            return closed_at_once ? std::optional(Plan{.sequence = nxt_, .fin = true})
                                  : std::nullopt;
        }
        return Plan{.sequence = iss_, .syn = true, .retransmission = nxt_ != iss_};
    }
    const std::uint32_t limit =
        segment_size_ > option_bytes ? segment_size_ - option_bytes : segment_size_;
    if (probe_due_) {
        Plan probe{.sequence = una_ - 1, .probe = true};
        if (settings_->probe_with_data) {
            probe = cut({una_, una_ + 1}, limit);
            probe.probe = true;
        }
        return probe;
    }
    auto planned = plan_repair(limit);
    if (!planned) {
        planned = plan_new(limit);
    }
    if (planned && window_reduced_ && !planned->retransmission && planned->length > 0) {
        planned->window_reduced = true;
    }
    return planned;
}

Sender::Plan Sender::cut(SequenceRange range, std::uint32_t limit) const {
    Plan plan{.sequence = range.left, .retransmission = before(range.left, nxt_)};
    const std::uint32_t data_end = end_of_data();
    const std::uint32_t right = before(data_end, range.right) ? data_end : range.right;
    plan.length = before(range.left, right) ? std::min(right - range.left, limit) : 0;
    const std::uint32_t segment_end = range.left + plan.length;
    plan.fin = fin_queued_ && segment_end == data_end && after(range.right, data_end);
    plan.push = plan.length > 0 && segment_end == data_end;
    return plan;
}

std::optional<Sender::Plan> Sender::plan_repair(std::uint32_t limit) const {
    auto range = range_to_repair();
    if (!range) {
        return std::nullopt;
    }
    // RFC 9293, SHLD-16: what lies beyond a shrunk window stays where it is.
    if (after(range->right, window_edge())) {
        range->right = window_edge();
    }
    if (!before(range->left, range->right)) {
        return std::nullopt;
    }
    const Plan repair = cut(*range, limit);
    if (!repair_at_once_ && pipe() > 0 && congestion_room() < repair.length) {
        return std::nullopt;
    }
    return repair;
}

std::optional<Sender::Plan> Sender::plan_new(std::uint32_t limit) const {
    const std::int32_t peer_room = sequence_distance(nxt_, window_edge());
    if (nxt_ == end() || peer_room <= 0) {
        return std::nullopt;
    }
    const auto window_room = static_cast<std::uint32_t>(peer_room);
    const std::uint32_t length = std::min({unsent_bytes(), window_room, congestion_room(), limit});
    const bool fin = fin_queued_ && length == unsent_bytes() && window_room > length;
    if (length == 0 && !fin) {
        return std::nullopt;
    }
    if (!fin && !worth_sending(length, limit)) {
        return std::nullopt;
    }
    return Plan{.sequence = nxt_,
                .length = length,
                .fin = fin,
                .push = length > 0 && length == unsent_bytes(),
                .full = length == limit};
}

// RFC 9293, 3.8.6.2.1, against silly windows, and 3.7.4, Nagle. Nagle waits only where a segment
// that was not full is still unacknowledged (draft-minshall-nagle, as all well-known stacks have it
// in effect): otherwise the end of a large write would wait for a delayed acknowledgment.
bool Sender::worth_sending(std::uint32_t length, std::uint32_t limit) const {
    if (length >= limit || override_) {
        return true;
    }
    const bool waits_for_more = corked_ || (nagle_ && after(short_end_, una_));
    if (waits_for_more) {
        return false;
    }
    return length == unsent_bytes() || (length >= max_window_ / 2 && max_window_ > 0);
}

void Sender::sent(const Plan& plan, Time now) {
    const std::uint32_t segment_end =
        plan.sequence + plan.length + (plan.syn ? 1 : 0) + (plan.fin ? 1 : 0);
    if (plan.syn) {
        syn_due_ = false;
    }
    if (plan.probe) {
        probe_due_ = false;
        probing_ = probing_ || after(segment_end, nxt_);
        return;
    }
    if (!outstanding()) {
        progress_at_ = now;
    }
    if (plan.retransmission) {
        ++total_retransmissions_;
        repair_at_once_ = false;
        timed_at_.reset();  // Karn: an acknowledgment could be of either copy
        if (after(segment_end, repaired_)) {
            repaired_ = segment_end;
        }
    } else if (!timed_at_ && retransmissions_ == 0) {
        timed_at_ = now;
        timed_sequence_ = plan.sequence;
    }
    if (after(segment_end, nxt_)) {
        nxt_ = segment_end;
        probing_ = false;
        if (duplicates_ > 0 && !in_recovery_ && pipe() > congestion_.window()) {
            limited_transmit_ += std::min(plan.length, pipe() - congestion_.window());
        }
        if (!plan.full && plan.length > 0) {
            short_end_ = segment_end;
        }
    }
    window_reduced_ = window_reduced_ && !plan.window_reduced;
    override_ = false;
    override_at_.reset();
    last_sent_ = now;
    has_sent_ = true;
    if (!retransmit_at_) {
        retransmit_at_ = now + rtt_.rto();
    }
}

bool Sender::is_consistent() const {
    const bool ordered = !after(una_, nxt_) && !after(nxt_, end()) && !after(repaired_, nxt_) &&
                         !before(repaired_, una_) && !after(lost_until_, nxt_);
    const bool board = scoreboard_.is_consistent() &&
                       (scoreboard_.empty() || (!before(scoreboard_.all().front().left, una_) &&
                                                !after(scoreboard_.all().back().right, nxt_)));
    const bool timers = !(retransmit_at_ && persist_at_) && (outstanding() || !retransmit_at_);
    return ordered && board && timers && (!fin_acknowledged_ || fin_queued_);
}

}  // namespace tcpdx::endpoint
