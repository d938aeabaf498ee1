#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

#include "model/age.h"
#include "model/ip_address.h"
#include "model/tcp_state.h"

namespace tcpdx {

// Which end opened, per connection and never per host.
enum class Opener : std::uint8_t {
    Unknown,
    Active,   // this end connected (ACTIVE OPEN)
    Passive,  // this end accepted (PASSIVE OPEN)
};

enum class OpenerBasis : std::uint8_t {
    None,
    State,           // SYN-SENT can only be active, a request socket only passive
    ByteCounters,    // our SYN takes one sequence number: see opener.h
    ListenerOnPort,  // something listens on the local port: strong, but no proof
    Watched,         // seen in a trace or a capture
    Text,            // the listing said so
};

// Who holds the socket. "Nobody that we may see" and "nobody" are different answers.
enum class OwnerKind : std::uint8_t {
    Unknown,        // not allowed to see, or the source does not say
    Process,        // `process` holds a descriptor on it
    NeverAccepted,  // complete, but still in the listener's accept queue (inode 0)
    Kernel,         // no process any more: orphan, TIME-WAIT; or a socket the kernel made itself
};

inline constexpr std::uint32_t kNoProcess = UINT32_MAX;

struct Owner {
    OwnerKind kind = OwnerKind::Unknown;
    // Index into Observations::processes. For NeverAccepted and half-open sockets it names the
    // owner of the listener, who should accept; kNoProcess when not known.
    std::uint32_t process = kNoProcess;
    std::int32_t descriptor = -1;
    std::uint32_t more_holders = 0;  // further descriptors on the same socket, e.g. forked workers
};

enum class TimerKind : std::uint8_t {
    None,
    Retransmit,  // also loss probe and reorder timers
    Keepalive,   // also the FIN-WAIT-2 timer of an orphan that is still a full socket
    TimeWait,    // of a TIME-WAIT socket
    ZeroWindow,  // persist: probing a closed window
};

struct Timer {
    TimerKind kind = TimerKind::None;
    std::chrono::milliseconds expires{0};
    std::uint8_t retransmits = 0;  // idiag_retrans: retransmits, or probes for ZeroWindow/Keepalive
};

// The part of struct tcp_info (linux/tcp.h) that is used. A field that came with a later kernel is
// optional; tcp_info itself is missing for request and TIME-WAIT sockets.
struct TcpDetails {
    std::uint8_t retransmits = 0;  // consecutive, of the oldest segment
    std::uint8_t probes = 0;       // unanswered keepalive or window probes
    std::uint8_t backoff = 0;
    std::uint8_t options = 0;  // TCPI_OPT_*
    std::uint8_t congestion_state = 0;
    std::uint8_t send_window_scale = 0;
    std::uint8_t receive_window_scale = 0;
    bool window_limited_by_peer = false;  // busy and rwnd_limited nearly all of that time

    std::uint32_t rto_us = 0;
    std::uint32_t send_mss = 0;
    std::uint32_t receive_mss = 0;
    std::uint32_t unacked_segments = 0;
    std::uint32_t lost_segments = 0;
    std::uint32_t retransmitted_in_flight = 0;
    std::uint32_t path_mtu = 0;
    std::uint32_t srtt_us = 0;
    std::uint32_t rttvar_us = 0;
    std::uint32_t congestion_window = 0;
    std::uint32_t total_retransmits = 0;

    // Milliseconds ago. Meaningless (about the uptime) before the handshake is complete.
    std::uint32_t last_data_sent_ms = 0;
    std::uint32_t last_data_received_ms = 0;
    std::uint32_t last_ack_received_ms = 0;

    std::uint64_t bytes_acked = 0;
    std::uint64_t bytes_received = 0;
    std::uint32_t data_segments_in = 0;
    std::uint32_t data_segments_out = 0;
    std::uint32_t not_sent_bytes = 0;
    std::uint64_t busy_us = 0;
    std::uint64_t receive_window_limited_us = 0;

    std::optional<std::uint64_t> bytes_sent;           // Linux 4.19
    std::optional<std::uint64_t> bytes_retransmitted;  // 4.19
    std::optional<std::uint32_t> peer_window;          // 5.4, tcpi_snd_wnd
    std::optional<std::uint32_t> total_rto_time_ms;    // 6.7
};

// One TCP socket seen from this end: a connection, a listener, or a half-open request.
// An empty optional means "this source cannot know"; it is never read as zero.
// Plain data without allocation, so that a million of them can be streamed.
struct Connection {
    SocketAddress local;
    SocketAddress remote;
    TcpState state = TcpState::Closed;
    SocketKind kind = SocketKind::Full;
    Opener opener = Opener::Unknown;
    OpenerBasis opener_basis = OpenerBasis::None;
    Age age;
    Owner owner;

    // Bytes not read by the program / not acknowledged by the peer. For a listener the kernel
    // reports other things in the same two columns: see accept_queue and backlog.
    std::optional<std::uint32_t> receive_queue;
    std::optional<std::uint32_t> send_queue;
    std::optional<std::uint32_t> accept_queue;   // listener: complete connections waiting now
    std::optional<std::uint32_t> backlog_limit;  // listener: min(backlog, somaxconn); holds limit+1
    std::optional<std::uint32_t> drops;          // sk_drops; for a listener every SYN it dropped

    std::optional<Timer> timer;
    std::optional<std::uint64_t> cookie;  // one connection's identity through all kernel objects
    std::optional<std::uint32_t> inode;   // 0: no process has it (never accepted, or orphan)
    std::optional<std::uint32_t> uid;
    std::optional<std::uint64_t> cgroup_id;
    std::optional<std::uint32_t> mark;
    std::uint32_t interface = 0;          // bound device or link-local scope; 0 for none
    std::uint32_t network_namespace = 0;  // index into Observations::namespaces
    std::uint32_t source_line = 0;        // 1-based line of pasted text; 0 elsewhere
    std::optional<bool> bind_address_no_port;
    std::array<char, 16> congestion_control{};  // NUL-terminated; empty when not known

    std::optional<TcpDetails> tcp;

    [[nodiscard]] bool is_listener() const { return state == TcpState::Listen; }
    // Exists in the socket table although no process can ever touch it (again).
    [[nodiscard]] bool is_orphan() const { return owner.kind == OwnerKind::Kernel; }
};

}  // namespace tcpdx
