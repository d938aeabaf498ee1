// What the program asks for: RFC 9293, 3.10.1 to 3.10.5.

#include <algorithm>

#include "endpoint/connection.h"

namespace tcpdx::endpoint {

void Connection::open(Time now, std::optional<std::uint32_t> iss) {
    sender_.begin(iss ? *iss : initial_sequence(settings_->secret, tuple_, now));
    sender_.peer_is_alive(now);
    change_state(TcpState::SynSent, CauseKind::SystemCall, "connect()");
    settle(now);
}

void Connection::open_passively(const wire::TcpSegment& syn, wire::Ecn ecn, Time now,
                                std::optional<std::uint32_t> iss) {
    passive_ = true;
    change_state(TcpState::Listen, CauseKind::SystemCall, "listen()");
    sender_.set_passive();
    sender_.begin(iss ? *iss : initial_sequence(settings_->secret, tuple_, now));
    sender_.peer_is_alive(now);
    negotiate(syn, now);
    // RFC 3168, 6.1.1: an IP header with ECN on a SYN has no meaning yet.
    ecn_on_ = settings_->ecn && syn.flags.ece && syn.flags.cwr && ecn == wire::Ecn::NotCapable;
    change_state(TcpState::SynReceived, CauseKind::Segment, "SYN received");
    settle(now);
}

Result<std::size_t, CallError> Connection::send(std::span<const std::byte> data, Time now,
                                                bool urgent) {
    if (failure_ != Failure::None) {
        return unexpected(CallError::Failed);
    }
    switch (state_) {
        case TcpState::Closed:
            return unexpected(CallError::NotExist);
        case TcpState::Listen:
            return unexpected(CallError::NotConnected);
        case TcpState::SynSent:
        case TcpState::SynReceived:
        case TcpState::Established:
        case TcpState::CloseWait:
            break;
        case TcpState::FinWait1:
        case TcpState::FinWait2:
        case TcpState::Closing:
        case TcpState::LastAck:
        case TcpState::TimeWait:
            return unexpected(CallError::Closing);
    }
    if (sender_.fin_queued() || close_when_open_) {
        return unexpected(CallError::Closing);
    }
    const std::size_t taken = sender_.append(data);
    if (taken == 0 && !data.empty()) {
        return unexpected(CallError::WouldBlock);
    }
    if (urgent && taken > 0) {
        send_urgent_ = sender_.end_of_data();
        send_urgent_on_ = true;
    }
    settle(now);
    return taken;
}

Result<std::size_t, CallError> Connection::peek(std::span<std::byte> out) const {
    if (receiver_.readable() > 0) {
        return receiver_.peek(out);
    }
    if (failure_ != Failure::None) {
        return unexpected(CallError::Failed);
    }
    if (at_end_of_stream()) {
        return std::size_t{0};
    }
    switch (state_) {
        case TcpState::Closed:
            return unexpected(CallError::NotExist);
        case TcpState::Listen:
            return unexpected(CallError::NotConnected);
        case TcpState::SynSent:
        case TcpState::SynReceived:
        case TcpState::Established:
        case TcpState::FinWait1:
        case TcpState::FinWait2:
            return unexpected(CallError::WouldBlock);
        case TcpState::CloseWait:
        case TcpState::Closing:
        case TcpState::LastAck:
        case TcpState::TimeWait:
            return std::size_t{0};
    }
    return unexpected(CallError::NotExist);
}

Result<std::size_t, CallError> Connection::read(std::span<std::byte> out, Time now) {
    auto read = peek(out);
    if (read && *read == 0 && !out.empty()) {
        fin_unread_ = false;
    }
    if (read && *read > 0) {
        receiver_.skip(*read);
        if (is_synchronized() && state_ != TcpState::TimeWait &&
            receiver_.worth_an_update(receive_segment_size(), receive_shift_)) {
            acknowledge_at_once();
        }
        settle(now);
    }
    return read;
}

void Connection::send_fin(std::string_view cause) {
    sender_.queue_fin();
    change_state(state_ == TcpState::CloseWait ? TcpState::LastAck : TcpState::FinWait1,
                 CauseKind::SystemCall, cause);
}

Result<void, CallError> Connection::close(Time now) {
    if (state_ == TcpState::Closed || orphaned_) {
        orphaned_ = true;
        return unexpected(CallError::NotExist);
    }
    orphaned_ = true;
    fin_unread_ = false;
    const bool unread = receiver_.readable() > 0;
    switch (state_) {
        case TcpState::Closed:
            break;
        case TcpState::Listen:
        case TcpState::SynSent:
            change_state(TcpState::Closed, CauseKind::SystemCall, "close()");
            break;
        case TcpState::SynReceived:
            close_when_open_ = false;  // of a shutdown() before
            if (sender_.queued_bytes() == 0) {
                send_fin("close() or shutdown(SHUT_WR)");
            } else {
                close_when_open_ = true;  // what is queued has to go first
            }
            break;
        case TcpState::Established:
        case TcpState::CloseWait:
            if (unread) {
                // RFC 9293, SHLD-3: a FIN would tell the peer that all it sent was read.
                queue_abort_reset();
                change_state(TcpState::Closed, CauseKind::SystemCall, "close() with unread data");
            } else {
                send_fin("close() or shutdown(SHUT_WR)");
            }
            break;
        case TcpState::FinWait1:
        case TcpState::FinWait2:
            if (unread) {
                queue_abort_reset();
                change_state(TcpState::Closed, CauseKind::Segment, "data received after close()");
            }
            break;
        case TcpState::Closing:
        case TcpState::LastAck:
        case TcpState::TimeWait:
            break;
    }
    settle(now);
    return {};
}

Result<void, CallError> Connection::shutdown_send(Time now) {
    switch (state_) {
        case TcpState::Closed:
            return unexpected(CallError::NotExist);
        case TcpState::Listen:
            return unexpected(CallError::NotConnected);
        case TcpState::SynSent:
            if (settings_->linux_arrivals) {
                fail(Failure::Reset, CauseKind::SystemCall, "close()");  // tcp_disconnect()
            } else {
                change_state(TcpState::Closed, CauseKind::SystemCall, "close()");
            }
            break;
        case TcpState::SynReceived:
            close_when_open_ = true;  // as Linux and BSD do it: the program reads on
            break;
        case TcpState::Established:
        case TcpState::CloseWait:
            send_fin("close() or shutdown(SHUT_WR)");
            break;
        case TcpState::FinWait1:
        case TcpState::FinWait2:
        case TcpState::Closing:
        case TcpState::LastAck:
        case TcpState::TimeWait:
            return unexpected(CallError::Closing);
    }
    settle(now);
    return {};
}

void Connection::shutdown_receive(Time now) {
    receive_shut_down_ = true;
    if (!settings_->linux_arrivals) {  // tcp_recvmsg() hands out what still comes
        receiver_.discard();
    }
    settle(now);
}

void Connection::abort(Time now) {
    orphaned_ = true;
    switch (state_) {
        case TcpState::Closed:
            return;
        case TcpState::Listen:
        case TcpState::SynSent:
        case TcpState::Closing:
        case TcpState::LastAck:
        case TcpState::TimeWait:
            break;
        case TcpState::SynReceived:
        case TcpState::Established:
        case TcpState::FinWait1:
        case TcpState::FinWait2:
        case TcpState::CloseWait:
            queue_abort_reset();
            break;
    }
    change_state(TcpState::Closed, CauseKind::SystemCall, "abort (SO_LINGER 0, ss -K)");
    settle(now);
}

void Connection::set_nagle(bool on, Time now) {
    sender_.set_nagle(on);
    settle(now);
}

void Connection::set_cork(bool on, Time now) {
    sender_.set_cork(on);
    settle(now);
}

void Connection::set_keep_alive(const KeepAlive& keep_alive, Time now) {
    keep_alive_ = keep_alive;
    restart_keep_alive(now);
    settle(now);
}

void Connection::set_quick_acknowledgments(bool on, Time now) {
    constexpr unsigned kMost = 16;  // TCP_MAX_QUICKACKS
    quick_acks_left_ = on ? kMost : 0;
    if (on && delayed_ack_at_) {
        acknowledge_at_once();
    }
    settle(now);
}

void Connection::set_max_segment_size(std::uint16_t bytes) {
    user_segment_size_ = bytes;
    if (is_synchronized()) {
        apply_segment_size(false);
    }
}

void Connection::set_receive_buffer(std::size_t bytes, Time now) {
    receiver_.set_capacity(bytes);
    settle(now);
}

}  // namespace tcpdx::endpoint
