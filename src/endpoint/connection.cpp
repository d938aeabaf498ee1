#include "endpoint/connection.h"

#include <algorithm>
#include <cassert>

#include "wire/sequence.h"

namespace tcpdx::endpoint {

namespace {

const Transition* find_transition(TcpState from, TcpState to, CauseKind kind,
                                  std::string_view cause) {
    const auto rows = transitions();
    const auto row = std::find_if(rows.begin(), rows.end(), [&](const Transition& transition) {
        return transition.from == from && transition.to == to && transition.kind == kind &&
               transition.cause == cause;
    });
    return row == rows.end() ? nullptr : &*row;
}

}  // namespace

Connection::Connection(const Settings& settings, const FourTuple& tuple)
    : settings_(&settings),
      tuple_(tuple),
      sender_(settings),
      receiver_(settings.receive_buffer,
                settings.linux_arrivals ? Receiver::Rules::Linux : Receiver::Rules::Rfc),
      mtu_(settings.mtu),
      timestamp_offset_(timestamp_offset(settings.secret, tuple)),
      quick_acks_left_(settings.quick_acks),
      challenges_left_(settings.challenge_acks_per_second),
      keep_alive_{.on = settings.keep_alive,
                  .idle = settings.keep_alive_idle,
                  .interval = settings.keep_alive_interval,
                  .probes = settings.keep_alive_probes},
      fin_wait_2_(settings.fin_wait_2) {}

void Connection::change_state(TcpState next, CauseKind kind, std::string_view cause) {
    const Transition* change = find_transition(state_, next, kind, cause);
    assert(change != nullptr && "a change of state that the model does not know");
    state_ = next;
    push_event({.kind = EventKind::StateChanged, .change = change});
    switch (next) {
        case TcpState::Closed:
        case TcpState::Listen:
            stop_timers();
            if (!reset_) {
                acknowledge_now_ = false;
                duplicates_owed_ = 0;
            }
            break;
        case TcpState::TimeWait:
            stop_timers();
            break;
        case TcpState::Established:
            raise(EventKind::Connected);
            break;
        case TcpState::SynSent:
        case TcpState::SynReceived:
        case TcpState::FinWait1:
        case TcpState::FinWait2:
        case TcpState::CloseWait:
        case TcpState::Closing:
        case TcpState::LastAck:
            break;
    }
}

void Connection::stop_timers() {
    sender_.stop_timers();
    delayed_ack_at_.reset();
    keep_alive_at_.reset();
    fin_wait_2_ends_.reset();
    keep_alive_due_ = false;
}

void Connection::fail(Failure failure, CauseKind kind, std::string_view cause) {
    failure_ = failure;
    change_state(TcpState::Closed, kind, cause);
    push_event({.kind = EventKind::Failed, .failure = failure, .icmp = last_icmp_});
}

void Connection::enter_time_wait(Time now) {
    time_wait_ = {.snd_nxt = sender_.nxt(),
                  .rcv_nxt = receiver_.next(),
                  .rcv_wnd = receiver_.window(),
                  .window_field = receiver_.offer_window(receive_segment_size(), receive_shift_),
                  .timestamps = {},
                  .timestamp_offset = timestamp_offset_,
                  .expires = now + 2 * settings_->msl};
    if (timestamps_on_) {
        time_wait_.timestamps = recent_timestamp_;
    }
}

void Connection::raise(EventKind kind) {
    for (std::size_t i = 0; i < event_count_; ++i) {
        if (events_[(first_event_ + i) % events_.size()].kind == kind) {
            return;
        }
    }
    push_event({.kind = kind});
}

void Connection::push_event(const Event& event) {
    assert(event_count_ < events_.size());
    events_[(first_event_ + event_count_) % events_.size()] = event;
    ++event_count_;
}

std::optional<Event> Connection::poll_event() {
    if (event_count_ == 0) {
        return std::nullopt;
    }
    const Event event = events_[first_event_];
    first_event_ = (first_event_ + 1) % events_.size();
    --event_count_;
    return event;
}

bool Connection::is_synchronized() const {
    switch (state_) {
        case TcpState::Closed:
        case TcpState::Listen:
        case TcpState::SynSent:
        case TcpState::SynReceived:
            return false;
        case TcpState::Established:
        case TcpState::FinWait1:
        case TcpState::FinWait2:
        case TcpState::CloseWait:
        case TcpState::Closing:
        case TcpState::LastAck:
        case TcpState::TimeWait:
            return true;
    }
    return false;
}

bool Connection::at_end_of_stream() const {
    return receive_shut_down_ || (receiver_.fin_taken() && receiver_.readable() == 0);
}

bool Connection::can_send() const {
    return (state_ == TcpState::Established || state_ == TcpState::CloseWait) &&
           !sender_.fin_queued();
}

std::uint32_t Connection::urgent_bytes() const {
    if (!receive_urgent_on_) {
        return 0;
    }
    const std::uint32_t read_until = receiver_.next() -
                                     static_cast<std::uint32_t>(receiver_.readable()) -
                                     (receiver_.fin_taken() ? 1 : 0);
    return wire::after(receive_urgent_, read_until) ? receive_urgent_ - read_until : 0;
}

std::uint32_t Connection::ip_header_size() const {
    return static_cast<std::uint32_t>(wire::ip_header_bytes(tuple_.local.address.family));
}

std::uint32_t Connection::path_segment_size() const {
    return mtu_ - ip_header_size() - 20;
}

// What this end says in its SYN (RFC 9293, MUST-67): IP and TCP options are not taken off (RFC
// 6691).
std::uint32_t Connection::receive_segment_size() const {
    const std::uint32_t largest =
        std::min(settings_->mtu, settings_->reassembly_limit) - ip_header_size() - 20;
    return user_segment_size_ != 0 ? std::min<std::uint32_t>(user_segment_size_, largest) : largest;
}

// RFC 9293, 3.7.1: Eff.snd.MSS. A segment keeps room for data whatever the peer says.
void Connection::apply_segment_size(bool first) {
    constexpr std::uint32_t kSmallest = 48;
    std::uint32_t size = std::min(peer_segment_size_, path_segment_size());
    if (user_segment_size_ != 0) {
        size = std::min<std::uint32_t>(size, user_segment_size_);
    }
    size = std::max(size, kSmallest) - (timestamps_on_ ? 12 : 0);
    if (first) {
        sender_.establish(size, sack_on_);
    } else {
        sender_.set_segment_size(size);
    }
}

void Connection::settle(Time now) {
    if (state_ == TcpState::Closed || state_ == TcpState::Listen || state_ == TcpState::TimeWait) {
        return;
    }
    sender_.settle(now);
    const bool idle_state = state_ == TcpState::Established || state_ == TcpState::CloseWait ||
                            (state_ == TcpState::FinWait2 && !orphaned_);
    if (!keep_alive_.on || !idle_state || sender_.outstanding() || sender_.unsent_bytes() > 0) {
        keep_alive_at_.reset();
    } else if (!keep_alive_at_) {
        keep_alive_at_ = now + keep_alive_.idle;
    }
    if (state_ == TcpState::FinWait2 && orphaned_ && !fin_wait_2_ends_) {
        fin_wait_2_ends_ = now + fin_wait_2_;
    }
}

bool Connection::is_consistent() const {
    const bool halves = sender_.is_consistent() && receiver_.is_consistent();
    switch (state_) {
        case TcpState::Closed:
        case TcpState::Listen:
            return halves && !next_deadline();
        case TcpState::SynSent:
        case TcpState::SynReceived:
            return halves && !sender_.syn_acknowledged();
        case TcpState::Established:
            return halves && !sender_.fin_queued() && !receiver_.fin_taken();
        case TcpState::CloseWait:
            return halves && !sender_.fin_queued() && receiver_.fin_taken();
        case TcpState::FinWait1:
            return halves && sender_.fin_queued() && !sender_.fin_acknowledged() &&
                   !receiver_.fin_taken();
        case TcpState::FinWait2:
            return halves && sender_.fin_acknowledged() && !receiver_.fin_taken();
        case TcpState::Closing:
        case TcpState::LastAck:
            return halves && sender_.fin_queued() && !sender_.fin_acknowledged() &&
                   receiver_.fin_taken();
        case TcpState::TimeWait:
            return halves && sender_.fin_acknowledged() && receiver_.fin_taken() &&
                   !sender_.next_deadline();
    }
    return false;
}

}  // namespace tcpdx::endpoint
