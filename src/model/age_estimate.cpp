#include "model/age_estimate.h"

#include <algorithm>

namespace tcpdx {
namespace {

using Duration = Age::Duration;
using std::chrono::milliseconds;
using std::chrono::seconds;

// TCP_TIMEWAIT_LEN, a compile-time constant of the kernel. No option changes it.
constexpr Duration kTimeWaitLife = seconds(60);
constexpr Duration kInitialRto = seconds(1);

// The kernel's stamps are in jiffies (1 to 10 ms), and reading takes time too: measured -20..+20.
constexpr Duration kStampError = milliseconds(20);

Age around(Duration estimate, Duration less, Duration more, AgeMethod method) {
    return Age::between(std::max(estimate - less, Duration(0)),
                        std::max(estimate + more, Duration(0)), method);
}

// tcp_rto_delta: when the first retransmission of a SYN comes, the doubling has not begun.
Duration syn_schedule(unsigned retransmits, int linear_timeouts) {
    Duration elapsed{0};
    for (unsigned i = 0; i < retransmits && i < 20; ++i) {
        const int doublings = std::max(0, static_cast<int>(i) - linear_timeouts);
        elapsed += kInitialRto * (1 << std::min(doublings, 7));
    }
    return elapsed;
}

Age syn_sent_age(const Connection& connection, const KernelTimes& times) {
    if (!connection.timer || connection.timer->kind != TimerKind::Retransmit) {
        return {};
    }
    const Timer& timer = *connection.timer;
    if (timer.retransmits == 0) {
        return around(kInitialRto - timer.expires, kStampError, milliseconds(60),
                      AgeMethod::RetransmitSchedule);
    }
    if (connection.tcp && connection.tcp->total_rto_time_ms.value_or(0) > 0) {
        // Counts from the first time-out. Measured -51..+7 ms.
        return around(kInitialRto + milliseconds(*connection.tcp->total_rto_time_ms), kStampError,
                      milliseconds(80), AgeMethod::RetransmissionTime);
    }
    // The timer wheel fires up to 3 % late, so the sum of the schedule is a lower bound.
    Duration elapsed = syn_schedule(timer.retransmits, times.syn_linear_timeouts);
    if (connection.tcp) {
        elapsed +=
            std::max(milliseconds(connection.tcp->rto_us / 1000) - timer.expires, Duration(0));
    }
    return Age::at_least(elapsed, AgeMethod::RetransmitSchedule);
}

// A request socket answers again after 1, 2, 4, ... seconds. The remaining time alone tells at
// least which of these waits is running. `retransmits` cannot be used: a client that repeats its
// SYN is counted there too, and re-arms the timer.
Age syn_received_age(const Connection& connection) {
    if (!connection.timer || connection.timer->kind == TimerKind::None) {
        return {};
    }
    Duration wait = kInitialRto;
    while (wait < connection.timer->expires && wait < seconds(128)) {
        wait *= 2;
    }
    const Duration before = wait - kInitialRto;  // 1 + 2 + ... up to the running wait
    return Age::at_least(std::max(before + wait - connection.timer->expires, Duration(0)),
                         AgeMethod::RetransmitSchedule);
}

Age established_age(const TcpDetails& tcp) {
    const Duration sent = milliseconds(tcp.last_data_sent_ms);
    const Duration received = milliseconds(tcp.last_data_received_ms);
    // Both stamps start at the handshake. One that was never touched again is the age.
    if (tcp.bytes_received == 0) {
        return around(received, kStampError, kStampError, AgeMethod::LastDataReceived);
    }
    if (tcp.data_segments_out == 0) {
        return around(sent, kStampError, kStampError, AgeMethod::LastDataEither);
    }
    const Duration acked = milliseconds(tcp.last_ack_received_ms);
    return Age::at_least(std::max({sent, received, acked}), AgeMethod::LastDataEither);
}

// The peer's FIN carried an ACK, so the last ACK that came is the FIN, unless something was
// acknowledged after it: data that the program still sent, or a keepalive probe.
Age close_wait_age(const Connection& connection) {
    const TcpDetails& tcp = *connection.tcp;
    const Duration acked = milliseconds(tcp.last_ack_received_ms);
    const Duration received = milliseconds(tcp.last_data_received_ms);
    const Duration sent = milliseconds(tcp.last_data_sent_ms);
    const Duration round_trip = milliseconds(tcp.srtt_us / 1000);
    const bool keepalive = connection.timer && connection.timer->kind == TimerKind::Keepalive;
    // When the last data went out a round trip (and a delayed ACK) before the last ACK came, that
    // ACK was for the data, or for the data and the FIN at once: both histories look the same.
    const bool perhaps_acked_later =
        tcp.data_segments_out > 0 && sent <= acked + round_trip * 2 + milliseconds(250);
    if (keepalive || perhaps_acked_later) {
        const Duration lower = std::max(acked - kStampError, Duration(0));
        return Age::between(lower, std::max(received + kStampError, lower),
                            keepalive ? AgeMethod::LastDataReceived : AgeMethod::LastAckReceived);
    }
    return around(acked, kStampError, kStampError, AgeMethod::LastAckReceived);
}

Age fin_wait2_age(const Connection& connection, const KernelTimes& times) {
    if (connection.kind == SocketKind::TimeWaitSocket) {
        if (!connection.timer) {
            return {};
        }
        // TCP_LINGER2 shortens the life of a single socket, and the snapshot does not show it: the
        // difference is then too large, so it is only used while it is possible at all.
        const Duration spent = times.fin_timeout - connection.timer->expires;
        return spent < Duration(0)
                   ? Age{}
                   : around(spent, milliseconds(50), milliseconds(1700), AgeMethod::TimerRemaining);
    }
    if (!connection.tcp) {
        return {};
    }
    // The ACK of our FIN; the peer's later data would be acknowledgements too.
    const Duration acked = milliseconds(connection.tcp->last_ack_received_ms);
    const Duration received = milliseconds(connection.tcp->last_data_received_ms);
    if (connection.tcp->bytes_received > 0 && received <= acked + milliseconds(100)) {
        return Age::at_least(acked, AgeMethod::LastAckReceived);
    }
    return around(acked, Duration(0), milliseconds(80), AgeMethod::LastAckReceived);
}

// FIN-WAIT-1, CLOSING, LAST-ACK: our FIN is not acknowledged.
Age closing_age(const Connection& connection) {
    // Only when the FIN is all that is outstanding does the retransmission concern it; with data
    // before it the connection may have been stuck long before it was closed.
    if (!connection.tcp || connection.send_queue.value_or(0) != 1 || !connection.timer) {
        return {};
    }
    const Duration rto = milliseconds(connection.tcp->rto_us / 1000);
    if (connection.timer->kind != TimerKind::Retransmit) {
        return {};
    }
    if (connection.timer->retransmits == 0) {
        return Age::at_least(std::max(rto - connection.timer->expires, Duration(0)),
                             AgeMethod::RetransmitSchedule);
    }
    // The waits so far, from the present time-out, which doubled at each; a little short, since the
    // timer wheel fires late.
    const unsigned doublings = std::min<unsigned>(connection.tcp->backoff, 16);
    const Duration schedule =
        rto - rto / (1 << doublings) + std::max(rto - connection.timer->expires, Duration(0));
    if (!connection.tcp->total_rto_time_ms) {
        return Age::at_least(schedule, AgeMethod::RetransmitSchedule);
    }
    // The kernel sums this up over the connection's whole life (tcp_update_rto_time), so earlier
    // losses are in it as well: an upper bound. It counts from the first time-out, and the truth is
    // 0.19 to 0.24 s more (measured).
    const Duration total = milliseconds(*connection.tcp->total_rto_time_ms) + milliseconds(1000);
    return Age::between(std::min(schedule, total), total, AgeMethod::RetransmissionTime);
}

}  // namespace

Age estimate_age(const Connection& connection, const KernelTimes& times) {
    switch (connection.state) {
        case TcpState::SynSent:
            return syn_sent_age(connection, times);
        case TcpState::SynReceived:
            return connection.kind == SocketKind::RequestSocket ? syn_received_age(connection)
                                                                : Age{};
        case TcpState::Established:
            return connection.tcp ? established_age(*connection.tcp) : Age{};
        case TcpState::CloseWait:
            return connection.tcp ? close_wait_age(connection) : Age{};
        case TcpState::FinWait2:
            return fin_wait2_age(connection, times);
        case TcpState::FinWait1:
        case TcpState::Closing:
        case TcpState::LastAck:
            return closing_age(connection);
        case TcpState::TimeWait:
            if (!connection.timer || connection.timer->kind != TimerKind::TimeWait) {
                return {};
            }
            // A retransmitted FIN starts the 60 s again (tcp_timewait_state_process), unseen.
            return Age::at_least(std::max(kTimeWaitLife - connection.timer->expires, Duration(0)),
                                 AgeMethod::TimerRemaining);
        case TcpState::Closed:
        case TcpState::Listen:
            return {};
    }
    return {};
}

std::optional<Age::Duration> idle_time(const Connection& connection) {
    if (connection.state != TcpState::Established || !connection.tcp) {
        return std::nullopt;
    }
    return milliseconds(
        std::min(connection.tcp->last_data_sent_ms, connection.tcp->last_data_received_ms));
}

}  // namespace tcpdx
