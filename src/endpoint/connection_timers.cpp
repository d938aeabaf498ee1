// RFC 9293, 3.10.8, and the timers of its extensions; also what ICMP says (3.9.2.2).

#include <algorithm>

#include "endpoint/connection.h"
#include "wire/sequence.h"

namespace tcpdx::endpoint {

void Connection::advance_time(Time now) {
    if (state_ == TcpState::Closed || state_ == TcpState::Listen) {
        return;
    }
    if (state_ == TcpState::TimeWait) {
        if (now >= time_wait_.expires) {
            change_state(TcpState::Closed, CauseKind::Timer, "2MSL timer");
        }
        return;
    }
    check_timers(now);
    settle(now);
}

void Connection::check_timers(Time now) {
    if (delayed_ack_at_ && now >= *delayed_ack_at_) {
        delayed_ack_at_.reset();
        acknowledge_at_once();
    }
    if (fin_wait_2_ends_ && now >= *fin_wait_2_ends_) {
        change_state(TcpState::Closed, CauseKind::Timer,
                     "FIN-WAIT-2 timer (tcp_fin_timeout) after close()");
        return;
    }
    if (keep_alive_at_ && now >= *keep_alive_at_) {
        keep_alive_timer(now);
    }
    if (state_ == TcpState::Closed) {
        return;
    }
    sender_.advance_time(now);
    if (sender_.gave_up(now)) {
        give_up();
    } else if (sender_.take_r1()) {
        raise(EventKind::SlowPeer);
    }
}

void Connection::give_up() {
    switch (state_) {
        case TcpState::SynSent:
            fail(Failure::TimedOut, CauseKind::Timer, "SYN retries used up");
            break;
        case TcpState::SynReceived:
            fail(Failure::TimedOut, CauseKind::Timer, "SYN+ACK retries used up");
            break;
        case TcpState::Established:
        case TcpState::FinWait1:
        case TcpState::CloseWait:
        case TcpState::Closing:
        case TcpState::LastAck:
            fail(Failure::TimedOut, CauseKind::Timer, "retransmissions used up");
            break;
        case TcpState::Closed:
        case TcpState::Listen:
        case TcpState::FinWait2:
        case TcpState::TimeWait:
            break;
    }
}

void Connection::keep_alive_timer(Time now) {
    if (keep_alives_unanswered_ >= keep_alive_.probes) {
        queue_abort_reset();
        fail(Failure::TimedOut, CauseKind::Timer, "keepalive probes unanswered");
        return;
    }
    ++keep_alives_unanswered_;
    keep_alive_due_ = true;
    keep_alive_at_ = now + keep_alive_.interval;
}

void Connection::restart_keep_alive(Time now) {
    keep_alives_unanswered_ = 0;
    keep_alive_due_ = false;
    keep_alive_at_.reset();
    if (keep_alive_.on && is_synchronized() && state_ != TcpState::TimeWait) {
        keep_alive_at_ = now + keep_alive_.idle;
    }
}

std::optional<Time> Connection::next_deadline() const {
    if (state_ == TcpState::TimeWait) {
        return time_wait_.expires;
    }
    std::optional<Time> first = sender_.next_deadline();
    for (const auto& timer : {delayed_ack_at_, keep_alive_at_, fin_wait_2_ends_}) {
        if (timer && (!first || *timer < *first)) {
            first = timer;
        }
    }
    return first;
}

// RFC 5927, 4: an error about something that is not in flight was made up.
void Connection::icmp_error(IcmpError error, IcmpKind kind, std::uint32_t sequence, Time /*now*/) {
    const bool in_flight =
        !wire::before(sequence, sender_.una()) && wire::before(sequence, sender_.nxt());
    if (!in_flight) {
        return;
    }
    last_icmp_ = error;
    const bool fatal = kind == IcmpKind::Hard || settings_->soft_errors_abort_connect;
    if (state_ == TcpState::SynSent && fatal) {
        fail(Failure::Unreachable, CauseKind::Segment, "ICMP error received");
    } else {
        // Hard errors too, once the connection is up (RFC 5461, 4.1).
        raise(EventKind::SoftError);  // which: last_icmp()
    }
}

void Connection::path_mtu(std::uint32_t mtu, std::uint32_t sequence, Time now) {
    const bool in_flight =
        !wire::before(sequence, sender_.una()) && wire::before(sequence, sender_.nxt());
    const std::uint32_t smallest = tuple_.local.address.family == IpFamily::V4 ? 552 : 1280;
    mtu = std::max(mtu, smallest);
    if (!in_flight || mtu >= mtu_ || !sender_.syn_acknowledged()) {
        return;
    }
    mtu_ = mtu;
    apply_segment_size(false);
    sender_.lose_all_in_flight();
    settle(now);
}

}  // namespace tcpdx::endpoint
