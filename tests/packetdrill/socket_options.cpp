// getsockopt() and setsockopt().

#include <linux/sock_diag.h>
#include <linux/tcp.h>
#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <string_view>

#include "socket_table.h"

#ifndef IPV6_V6ONLY
#define IPV6_V6ONLY 26
#endif

namespace tcpdx::packetdrill {

using endpoint::Connection;
using endpoint::Duration;
using std::chrono::seconds;

namespace {

// net/tcp_states.h.
std::uint8_t kernel_state(TcpState state) {
    switch (state) {
        case TcpState::Established:
            return 1;
        case TcpState::SynSent:
            return 2;
        case TcpState::SynReceived:
            return 3;
        case TcpState::FinWait1:
            return 4;
        case TcpState::FinWait2:
            return 5;
        case TcpState::TimeWait:
            return 6;
        case TcpState::Closed:
            return 7;
        case TcpState::CloseWait:
            return 8;
        case TcpState::LastAck:
            return 9;
        case TcpState::Listen:
            return 10;
        case TcpState::Closing:
            return 11;
    }
    return 0;
}

std::uint32_t microseconds(Duration duration) {
    return static_cast<std::uint32_t>(duration.count());
}

int copy_out(const void* from, std::size_t size, void* value, socklen_t* out_size) {
    const std::size_t copied = std::min<std::size_t>(size, *out_size);
    std::memcpy(value, from, copied);
    *out_size = static_cast<socklen_t>(copied);
    return 0;
}

}  // namespace

void SocketTable::options_changed(Socket& socket) {
    if (socket.role == Role::Connected) {
        engine_->stack().apply(socket.handle, socket.options, engine_->now());
    } else if (socket.role == Role::Listening) {
        engine_->stack().set_listener_options(socket.handle, socket.options);
    }
    engine_->pump();
}

int SocketTable::set_tcp_option(Socket& socket, int name, int value) {
    auto keep_alive = socket.options.keep_alive.value_or(
        Connection::KeepAlive{.idle = engine_->flags().settings.keep_alive_idle,
                              .interval = engine_->flags().settings.keep_alive_interval,
                              .probes = engine_->flags().settings.keep_alive_probes});
    switch (name) {
        case TCP_NODELAY:
            socket.options.nagle = value == 0;
            break;
        case TCP_CORK:
            socket.options.cork = value != 0;
            break;
        case TCP_MAXSEG: {
            const bool unset = linux_like() && value == 0;
            if (!unset && (value < (linux_like() ? 88 : 48) || value > 32767)) {
                return fail(EINVAL);
            }
            socket.options.max_segment_size.reset();
            if (!unset) {
                socket.options.max_segment_size = static_cast<std::uint16_t>(value);
            }
            break;
        }
        case TCP_QUICKACK:
            if (socket.role == Role::Connected) {
                engine_->stack().set_quick_acknowledgments(socket.handle, value != 0,
                                                           engine_->now());
            }
            break;
        case TCP_LINGER2:
            socket.options.fin_wait_2.reset();
            if (value != 0) {
                socket.options.fin_wait_2 = seconds(std::max(value, 0));
            }
            break;
        case TCP_USER_TIMEOUT:
            if (value < 0) {
                return fail(EINVAL);
            }
            socket.options.user_timeout = std::nullopt;
            if (value > 0) {
                socket.options.user_timeout =
                    std::optional<Duration>(std::chrono::milliseconds(value));
            }
            break;
        case TCP_KEEPIDLE:
        case TCP_KEEPINTVL:
        case TCP_KEEPCNT:
            if (value < 1 || value > (name == TCP_KEEPCNT ? 127 : 32767)) {
                return fail(EINVAL);
            }
            if (name == TCP_KEEPIDLE) {
                keep_alive.idle = seconds(value);
            } else if (name == TCP_KEEPINTVL) {
                keep_alive.interval = seconds(value);
            } else {
                keep_alive.probes = static_cast<unsigned>(value);
            }
            socket.options.keep_alive = keep_alive;
            break;
        default:
            break;  // remembered, without an effect
    }
    socket.numbers[{IPPROTO_TCP, name}] = value;
    options_changed(socket);
    return 0;
}

int SocketTable::set_socket_option(Socket& socket, int name, const void* value, socklen_t size) {
    if (name == SO_LINGER) {
        if (size < sizeof(linger)) {
            return fail(EINVAL);
        }
        std::memcpy(&socket.linger_option, value, sizeof(linger));
        return 0;
    }
    if (name == SO_RCVTIMEO || name == SO_SNDTIMEO) {
        if (size < sizeof(timeval)) {
            return fail(EINVAL);
        }
        timeval time{};
        std::memcpy(&time, value, sizeof time);
        socket.numbers[{SOL_SOCKET, name}] =
            static_cast<int>(time.tv_sec * 1'000'000 + time.tv_usec);
        return 0;
    }
    if (size < sizeof(int)) {
        return fail(EINVAL);
    }
    int number = 0;
    std::memcpy(&number, value, sizeof number);
    socket.numbers[{SOL_SOCKET, name}] = number;
    if (name == SO_REUSEADDR && number == 0) {
        socket.numbers.erase({SOL_SOCKET, name});
    }
    if (name == SO_RCVBUF) {
        socket.options.receive_buffer = static_cast<std::size_t>(std::max(number, 1));
    } else if (name == SO_SNDBUF) {
        socket.options.send_buffer = static_cast<std::size_t>(std::max(number, 1));
    } else if (name == SO_KEEPALIVE) {
        auto keep_alive = socket.options.keep_alive.value_or(
            Connection::KeepAlive{.idle = engine_->flags().settings.keep_alive_idle,
                                  .interval = engine_->flags().settings.keep_alive_interval,
                                  .probes = engine_->flags().settings.keep_alive_probes});
        keep_alive.on = number != 0;
        socket.options.keep_alive = keep_alive;
    }
    options_changed(socket);
    return 0;
}

int SocketTable::setsockopt(int fd, int level, int name, const void* value, socklen_t size) {
    const auto lock = engine_->lock();
    engine_->arrived();
    Socket* socket = find(fd);
    if (socket == nullptr) {
        return fail(EBADF);
    }
    if (level == SOL_SOCKET) {
        return set_socket_option(*socket, name, value, size);
    }
    if (level != IPPROTO_TCP && level != IPPROTO_IP && level != IPPROTO_IPV6) {
        return fail(ENOPROTOOPT);
    }
    if (level == IPPROTO_TCP && (name == TCP_CONGESTION || name == TCP_ULP)) {
        return 0;
    }
    int number = 0;
    if (size >= sizeof(int)) {
        std::memcpy(&number, value, sizeof number);
    } else if (size == 1 && level != IPPROTO_TCP) {
        number = *static_cast<const unsigned char*>(value);
    } else {
        return fail(EINVAL);
    }
    if (level == IPPROTO_TCP) {
        return set_tcp_option(*socket, name, number);
    }
    if (level == IPPROTO_IPV6 && name == IPV6_V6ONLY) {
        socket->v6_only = number != 0;
    }
    if (level == IPPROTO_IP && name == IP_TTL) {
        socket->options.hop_limit = static_cast<std::uint8_t>(number);
        options_changed(*socket);
    } else if (level == IPPROTO_IP && name == IP_TOS) {
        socket->options.traffic_class = static_cast<std::uint8_t>(number);
        options_changed(*socket);
    }
    socket->numbers[{level, name}] = number;
    return 0;
}

std::optional<int> SocketTable::tcp_option(const Socket& socket, int name) const {
    switch (name) {
        case TCP_NODELAY:
            return socket.options.nagle ? 0 : 1;
        case TCP_CORK:
            return socket.options.cork ? 1 : 0;
        case TCP_MAXSEG:
            if (const Connection* open = connection(socket); open && open->is_synchronized()) {
                return static_cast<int>(open->sender().segment_size());
            }
            return socket.options.max_segment_size.value_or(536);
        default:
            break;
    }
    const auto found = socket.numbers.find({IPPROTO_TCP, name});
    if (found != socket.numbers.end()) {
        return found->second;
    }
    const endpoint::Settings& settings = engine_->flags().settings;
    const auto in_seconds = [](Duration duration) {
        return static_cast<int>(std::chrono::duration_cast<seconds>(duration).count());
    };
    switch (name) {
        case TCP_KEEPIDLE:
            return in_seconds(settings.keep_alive_idle);
        case TCP_KEEPINTVL:
            return in_seconds(settings.keep_alive_interval);
        case TCP_KEEPCNT:
            return static_cast<int>(settings.keep_alive_probes);
        default:
            return 0;
    }
}

std::optional<int> SocketTable::socket_option(Socket& socket, int name) {
    switch (name) {
        case SO_ERROR:
            return take_error(socket);
        case SO_TYPE:
            return SOCK_STREAM;
        case SO_ACCEPTCONN:
            return socket.role == Role::Listening ? 1 : 0;
        case SO_RCVBUF:
            // Linux counts its own overhead in, and so tells twice what was set.
            return (linux_like() ? 2 : 1) * static_cast<int>(socket.options.receive_buffer.value_or(
                                                engine_->flags().settings.receive_buffer));
        case SO_SNDBUF:
            return (linux_like() ? 2 : 1) * static_cast<int>(socket.options.send_buffer.value_or(
                                                engine_->flags().settings.send_buffer));
        case SO_PROTOCOL:
            return IPPROTO_TCP;
        case SO_DOMAIN:
            return socket.domain;
        default:
            break;
    }
    const auto found = socket.numbers.find({SOL_SOCKET, name});
    return found == socket.numbers.end() ? 0 : found->second;
}

int SocketTable::tcp_info_option(const Socket& socket, void* value, socklen_t* size) const {
    tcp_info info{};
    const Connection* open = connection(socket);
    if (open == nullptr) {
        info.tcpi_state =
            kernel_state(socket.role == Role::Listening ? TcpState::Listen : TcpState::Closed);
        if (socket.role == Role::Listening) {
            const auto waiting = engine_->stack().acceptable(socket.handle);
            info.tcpi_unacked = static_cast<std::uint32_t>(waiting);
            info.tcpi_sacked = engine_->stack().backlog(socket.handle);
        }
        return copy_out(&info, sizeof info, value, size);
    }
    const endpoint::Sender& sender = open->sender();
    const std::uint32_t segment = std::max(sender.segment_size(), 1U);
    const auto segments = [&](std::uint32_t bytes) { return (bytes + segment - 1) / segment; };
    // In Linux TIME-WAIT has left the socket behind.
    const bool left = linux_like() && open->state() == TcpState::TimeWait;
    info.tcpi_state = kernel_state(left ? TcpState::Closed : open->state());
    info.tcpi_ca_state = sender.retransmissions() > 0 ? 4 : sender.in_recovery() ? 3 : 0;
    info.tcpi_retransmits = static_cast<std::uint8_t>(sender.retransmissions());
    info.tcpi_probes = static_cast<std::uint8_t>(sender.unanswered_probes());
    info.tcpi_backoff = static_cast<std::uint8_t>(sender.retransmissions());
    info.tcpi_options = static_cast<std::uint8_t>(
        (open->timestamps_on() ? TCPI_OPT_TIMESTAMPS : 0) | (open->sack_on() ? TCPI_OPT_SACK : 0) |
        (open->receive_shift() ? TCPI_OPT_WSCALE : 0) | (open->ecn_on() ? TCPI_OPT_ECN : 0));
    info.tcpi_snd_wscale = open->send_shift() & 0xfU;
    info.tcpi_rcv_wscale = open->receive_shift() & 0xfU;
    info.tcpi_rto = microseconds(sender.rtt().rto());
    info.tcpi_snd_mss = segment;
    info.tcpi_unacked = segments(sender.nxt() - sender.una());
    for (const auto& range : sender.scoreboard().all()) {
        info.tcpi_sacked += segments(range.size());
    }
    info.tcpi_rtt = microseconds(sender.rtt().smoothed());
    info.tcpi_rttvar = microseconds(sender.rtt().variation());
    constexpr std::uint32_t kNoThreshold = 0x7fffffff;
    const std::uint32_t threshold = sender.congestion().threshold();
    info.tcpi_snd_ssthresh = threshold == kNoThreshold ? threshold : threshold / segment;
    info.tcpi_snd_cwnd = sender.congestion().window() / segment;
    info.tcpi_lost = segments(sender.lost_bytes());
    info.tcpi_retrans = segments(sender.repaired_bytes());
    info.tcpi_reordering = 3;
    info.tcpi_ato = microseconds(engine_->flags().settings.delayed_ack_time);
    info.tcpi_advmss = open->receive_segment_size();
    info.tcpi_rcv_mss = std::min(segment, open->receive_segment_size());
    info.tcpi_pmtu = open->mtu();
    info.tcpi_rcv_ssthresh = static_cast<std::uint32_t>(open->receiver().capacity());
    info.tcpi_bytes_acked = sender.acknowledged_bytes();
    info.tcpi_bytes_received = open->receiver().next() - open->receiver().irs() - 1;
    info.tcpi_min_rtt = info.tcpi_rtt;
    info.tcpi_total_retrans = sender.total_retransmissions();
    info.tcpi_rcv_space = static_cast<std::uint32_t>(open->receiver().capacity());
    info.tcpi_notsent_bytes = sender.unsent_bytes();
    return copy_out(&info, sizeof info, value, size);
}

int SocketTable::getsockopt(int fd, int level, int name, void* value, socklen_t* size) {
    const auto lock = engine_->lock();
    engine_->arrived();
    Socket* socket = find(fd);
    if (socket == nullptr) {
        return fail(EBADF);
    }
    if (level == IPPROTO_TCP && name == TCP_INFO) {
        return tcp_info_option(*socket, value, size);
    }
    if (level == IPPROTO_TCP && name == TCP_CONGESTION) {
        const std::string_view algorithm =
            engine_->flags().settings.congestion == endpoint::CongestionAlgorithm::Cubic ? "cubic"
                                                                                         : "reno";
        return copy_out(algorithm.data(), algorithm.size() + 1, value, size);
    }
    if (level == SOL_SOCKET && name == SO_MEMINFO) {
        constexpr std::array<std::uint32_t, SK_MEMINFO_VARS> kNothing{};
        return copy_out(kNothing.data(), sizeof kNothing, value, size);
    }
    if (level == IPPROTO_TCP && name == TCP_CC_INFO) {
        *size = 0;  // neither Reno nor CUBIC has something to tell
        return 0;
    }
    if (level == SOL_SOCKET && name == SO_LINGER) {
        return copy_out(&socket->linger_option, sizeof(linger), value, size);
    }
    const auto number = level == SOL_SOCKET    ? socket_option(*socket, name)
                        : level == IPPROTO_TCP ? tcp_option(*socket, name)
                                               : std::optional<int>(socket->numbers[{level, name}]);
    return number ? copy_out(&*number, sizeof *number, value, size) : fail(ENOPROTOOPT);
}

}  // namespace tcpdx::packetdrill
