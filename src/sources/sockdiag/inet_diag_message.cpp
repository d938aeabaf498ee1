#include "sources/sockdiag/inet_diag_message.h"

#include <arpa/inet.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "sources/sockdiag/kernel_tcp_info.h"

namespace tcpdx::sockdiag {
namespace {

// linux/netlink.h has these as ints.
constexpr std::size_t kAttributeHeader = sizeof(nlattr);
constexpr std::uint16_t kAttributeTypeMask = 0x3fff;
constexpr std::size_t aligned(std::size_t bytes) {
    return (bytes + 3) & ~std::size_t{3};
}

constexpr std::uint8_t kTimerRetransmit = 1;
constexpr std::uint8_t kTimerKeepalive = 2;
constexpr std::uint8_t kTimerTimeWait = 3;
constexpr std::uint8_t kTimerZeroWindow = 4;

TimerKind timer_kind(std::uint8_t number) {
    switch (number) {
        case kTimerRetransmit:
            return TimerKind::Retransmit;
        case kTimerKeepalive:
            return TimerKind::Keepalive;
        case kTimerTimeWait:
            return TimerKind::TimeWait;
        case kTimerZeroWindow:
            return TimerKind::ZeroWindow;
        default:
            return TimerKind::None;
    }
}

IpAddress address_of(std::uint8_t family, const std::uint32_t (&words)[4]) {
    if (family == AF_INET) {
        return IpAddress::v4(ntohl(words[0]));
    }
    IpAddress address;
    address.family = IpFamily::V6;
    std::memcpy(address.bytes.data(), words, address.bytes.size());
    return address;
}

// A fixed-size value of an attribute, or nothing when the kernel sent less.
template <class T>
std::optional<T> value_of(std::span<const std::byte> attribute) {
    if (attribute.size() < sizeof(T)) {
        return std::nullopt;
    }
    T value{};
    std::memcpy(&value, attribute.data(), sizeof(T));
    return value;
}

// The peer's window kept us from sending for nearly all of the time that there was data to send.
bool limited_by_peer(const KernelTcpInfo& info) {
    return info.rwnd_limited > 0 && info.rwnd_limited * 10 >= info.busy_time * 9;
}

TcpDetails details_of(std::span<const std::byte> attribute) {
    KernelTcpInfo info{};
    const std::size_t size = std::min(attribute.size(), sizeof(info));
    std::memcpy(&info, attribute.data(), size);
    const auto has = [&](std::size_t offset, std::size_t bytes) { return offset + bytes <= size; };

    TcpDetails tcp;
    tcp.retransmits = info.retransmits;
    tcp.probes = info.probes;
    tcp.backoff = info.backoff;
    tcp.options = info.options;
    tcp.congestion_state = info.ca_state;
    tcp.send_window_scale = info.window_scales & 0xfU;
    tcp.receive_window_scale = static_cast<std::uint8_t>(info.window_scales >> 4U);
    tcp.window_limited_by_peer = limited_by_peer(info);
    tcp.rto_us = info.rto;
    tcp.send_mss = info.snd_mss;
    tcp.receive_mss = info.rcv_mss;
    tcp.unacked_segments = info.unacked;
    tcp.lost_segments = info.lost;
    tcp.retransmitted_in_flight = info.retrans;
    tcp.path_mtu = info.pmtu;
    tcp.srtt_us = info.rtt;
    tcp.rttvar_us = info.rttvar;
    tcp.congestion_window = info.snd_cwnd;
    tcp.total_retransmits = info.total_retrans;
    tcp.last_data_sent_ms = info.last_data_sent;
    tcp.last_data_received_ms = info.last_data_recv;
    tcp.last_ack_received_ms = info.last_ack_recv;
    tcp.bytes_acked = info.bytes_acked;
    tcp.bytes_received = info.bytes_received;
    tcp.data_segments_in = info.data_segs_in;
    tcp.data_segments_out = info.data_segs_out;
    tcp.not_sent_bytes = info.notsent_bytes;
    tcp.busy_us = info.busy_time;
    tcp.receive_window_limited_us = info.rwnd_limited;
    if (has(offsetof(KernelTcpInfo, bytes_retrans), sizeof(info.bytes_retrans))) {
        tcp.bytes_sent = info.bytes_sent;
        tcp.bytes_retransmitted = info.bytes_retrans;
    }
    if (has(offsetof(KernelTcpInfo, snd_wnd), sizeof(info.snd_wnd))) {
        tcp.peer_window = info.snd_wnd;
    }
    if (has(offsetof(KernelTcpInfo, total_rto_time), sizeof(info.total_rto_time))) {
        tcp.total_rto_time_ms = info.total_rto_time;
    }
    return tcp;
}

void apply_attribute(Connection& connection, std::uint16_t type,
                     std::span<const std::byte> attribute) {
    switch (type) {
        case INET_DIAG_INFO:
            // A listener has one too, but with the accept queue in `unacked` and little else.
            if (connection.state != TcpState::Listen) {
                connection.tcp = details_of(attribute);
            }
            break;
        case INET_DIAG_SKMEMINFO:
            if (const auto memory = value_of<std::array<std::uint32_t, 9>>(attribute)) {
                connection.drops = (*memory)[8];  // SK_MEMINFO_DROPS
            }
            break;
        case INET_DIAG_CONG: {
            const std::size_t size =
                std::min(attribute.size(), connection.congestion_control.size() - 1);
            std::memcpy(connection.congestion_control.data(), attribute.data(), size);
            break;
        }
        case INET_DIAG_MARK:
            connection.mark = value_of<std::uint32_t>(attribute);
            break;
        case INET_DIAG_CGROUP_ID:
            connection.cgroup_id = value_of<std::uint64_t>(attribute);
            break;
        case INET_DIAG_SOCKOPT:
            if (const auto options = value_of<inet_diag_sockopt>(attribute)) {
                connection.bind_address_no_port = options->bind_address_no_port != 0;
            }
            break;
        default:
            break;
    }
}

}  // namespace

Result<Connection, ErrorCode> parse_inet_diag(std::span<const std::byte> payload) {
    const auto message = value_of<inet_diag_msg>(payload);
    if (!message) {
        return unexpected(ErrorCode::Truncated);
    }
    if (message->idiag_family != AF_INET && message->idiag_family != AF_INET6) {
        return unexpected(ErrorCode::Malformed);
    }

    Connection connection;
    connection.state = tcp_state_of_kernel(message->idiag_state).value_or(TcpState::Closed);
    connection.local = {address_of(message->idiag_family, message->id.idiag_src),
                        ntohs(message->id.idiag_sport)};
    connection.remote = {address_of(message->idiag_family, message->id.idiag_dst),
                         ntohs(message->id.idiag_dport)};
    connection.interface = message->id.idiag_if;
    connection.cookie =
        (std::uint64_t{message->id.idiag_cookie[1]} << 32U) | message->id.idiag_cookie[0];
    connection.inode = message->idiag_inode;
    connection.uid = message->idiag_uid;
    connection.timer = Timer{.kind = timer_kind(message->idiag_timer),
                             .expires = std::chrono::milliseconds(message->idiag_expires),
                             .retransmits = message->idiag_retrans};
    if (connection.is_listener()) {
        connection.accept_queue = message->idiag_rqueue;
        connection.backlog_limit = message->idiag_wqueue;
    } else {
        connection.receive_queue = message->idiag_rqueue;
        connection.send_queue = message->idiag_wqueue;
    }

    std::span<const std::byte> rest =
        payload.subspan(std::min(payload.size(), aligned(sizeof(inet_diag_msg))));
    while (const auto attribute = value_of<nlattr>(rest)) {
        if (attribute->nla_len < kAttributeHeader || attribute->nla_len > rest.size()) {
            return unexpected(ErrorCode::Malformed);
        }
        apply_attribute(connection, attribute->nla_type & kAttributeTypeMask,
                        rest.subspan(kAttributeHeader, attribute->nla_len - kAttributeHeader));
        rest = rest.subspan(std::min(rest.size(), aligned(attribute->nla_len)));
    }

    // The mini-sockets carry no tcp_info whatever was asked for; their timers tell them apart.
    if (connection.state == TcpState::SynReceived && message->idiag_inode == 0 && !connection.tcp) {
        connection.kind = SocketKind::RequestSocket;
    } else if (connection.timer->kind == TimerKind::TimeWait) {
        connection.kind = SocketKind::TimeWaitSocket;
    }
    return connection;
}

}  // namespace tcpdx::sockdiag
