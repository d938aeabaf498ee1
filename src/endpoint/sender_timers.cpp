// The retransmission timer (RFC 6298, 5), the one that probes a closed window (RFC 9293, 3.8.6.1),
// and the one that ends the wait for a better segment (3.8.6.2.1, rule 4).

#include <algorithm>
#include <utility>

#include "endpoint/sender.h"
#include "wire/sequence.h"

namespace tcpdx::endpoint {
namespace {

bool due(const std::optional<Time>& timer, Time now) {
    return timer && *timer <= now;
}

}  // namespace

void Sender::advance_time(Time now) {
    if (due(override_at_, now)) {
        override_at_.reset();
        override_ = true;
    }
    if (due(persist_at_, now)) {
        persist_at_.reset();
        probe_due_ = true;
        ++probes_;
        ++unanswered_probes_;
        r1_passed_ = r1_passed_ || unanswered_probes_ == settings_->r1_retransmissions;
    }
    if (due(retransmit_at_, now)) {
        retransmission_timeout(now);
    }
}

void Sender::retransmission_timeout(Time now) {
    retransmit_at_.reset();
    ++retransmissions_;
    if (retransmissions_ == settings_->r1_retransmissions) {
        r1_passed_ = true;
    }
    if (!syn_acknowledged()) {
        syn_timeout();
    } else {
        const bool first = retransmissions_ == 1;
        congestion_.timed_out(nxt_ - una_, first, now);
        // The peer may have dropped what it had told us by SACK (RFC 2018, 8).
        scoreboard_.clear();
        in_recovery_ = false;
        duplicates_ = limited_transmit_ = 0;
        recover_ = lost_until_ = nxt_;
        repaired_ = una_;
        repair_at_once_ = true;
        rtt_.back_off();
    }
    timed_at_.reset();
    retransmit_at_ = now + rtt_.rto();
}

void Sender::syn_timeout() {
    syn_due_ = true;
    syn_lost_ = !std::exchange(syn_hurried_, false) || syn_lost_;
    if (passive_ || retransmissions_ > settings_->syn_linear_timeouts) {
        rtt_.back_off();
    }
}

void Sender::settle(Time now) {
    const bool waiting = nxt_ != end() || outstanding();
    if (window_is_closed() && waiting) {
        retransmit_at_.reset();
        if (!persist_at_ && !probe_due_) {
            Duration wait = rtt_.rto();
            for (unsigned i = 0; i < probes_ && wait < rtt_.max(); ++i) {
                wait *= 2;
            }
            if (probes_ == 0) {
                progress_at_ = now;
            }
            persist_at_ = now + std::min(wait, rtt_.max());
        }
    } else {
        persist_at_.reset();
        probe_due_ = false;
    }
    if (!outstanding()) {
        retransmit_at_.reset();
    } else if (!retransmit_at_ && !persist_at_ && !probe_due_) {
        retransmit_at_ = now + rtt_.rto();
    }
    // What is held back with nothing in flight would wait for ever.
    const bool held_back = syn_acknowledged() && unsent_bytes() > 0 && !outstanding() &&
                           !window_is_closed() && !override_;
    if (!held_back) {
        override_at_.reset();
    } else if (!override_at_) {
        override_at_ = now + settings_->override_time;
    }
    // RFC 5681, 4.1.
    if (settings_->restart_after_idle && has_sent_ && !outstanding() && syn_acknowledged() &&
        now - last_sent_ > rtt_.rto()) {
        congestion_.restart_after_idle();
        last_sent_ = now;
    }
}

std::optional<unsigned> Sender::retransmission_limit() const {
    if (syn_acknowledged()) {
        return settings_->max_retransmissions;
    }
    if (passive_) {
        return settings_->max_syn_ack_retransmissions;
    }
    if (!settings_->max_syn_retransmissions) {
        return std::nullopt;
    }
    return *settings_->max_syn_retransmissions + settings_->syn_linear_timeouts;
}

std::optional<Duration> Sender::time_limit() const {
    return syn_acknowledged() ? r2_ : r2_syn_;
}

void Sender::set_r2(std::optional<Duration> limit) {
    r2_ = limit;
    r2_syn_ = limit;
}

std::optional<Time> Sender::next_deadline() const {
    std::optional<Time> first;
    const auto consider = [&first](std::optional<Time> timer) {
        if (timer && (!first || *timer < *first)) {
            first = timer;
        }
    };
    consider(override_at_);
    consider(persist_at_);
    consider(retransmit_at_);
    if (first && (retransmit_at_ || persist_at_)) {
        if (const auto limit = time_limit(); limit) {
            consider(progress_at_ + *limit);
        }
    }
    return first;
}

bool Sender::take_r1() {
    const bool passed = r1_passed_;
    r1_passed_ = false;
    return passed;
}

// `now` is when the timers have just run.
bool Sender::gave_up(Time now) const {
    if (!outstanding() && !persist_at_ && !probe_due_) {
        return false;
    }
    const auto limit = retransmission_limit();
    if (limit && std::max(retransmissions_, unanswered_probes_) > *limit) {
        return true;
    }
    const auto time = time_limit();
    return time && now - progress_at_ >= *time;
}

void Sender::stop_timers() {
    retransmit_at_.reset();
    persist_at_.reset();
    override_at_.reset();
    probe_due_ = false;
    syn_due_ = false;
}

void Sender::retransmit_by(Time at) {
    if (retransmit_at_ && *retransmit_at_ > at) {
        retransmit_at_ = at;
        syn_hurried_ = true;
    }
}

void Sender::lose_all_in_flight() {
    if (syn_acknowledged() && outstanding()) {
        lost_until_ = nxt_;
        repaired_ = una_;
        repair_at_once_ = true;
    }
}

}  // namespace tcpdx::endpoint
