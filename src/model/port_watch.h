#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "model/ip_address.h"
#include "model/observations.h"
#include "model/tcp_state.h"

namespace tcpdx {

// A SYN of the peer, as this host's own capture saw it. Those to other ports help to compare the
// clocks of both hosts.
struct ArrivedSyn {
    std::uint16_t port = 0;
    std::uint16_t source_port = 0;
    std::chrono::system_clock::time_point time;
};

// ICMP errors of one kind that this host sent to the peer about its segments to the port.
struct SentIcmpErrors {
    std::uint8_t type = 0;
    std::uint8_t code = 0;
    std::uint64_t count = 0;
};

// Packets between the peer and this host, seen before a packet filter could drop them (in) and
// after (out).
struct PeerPackets {
    std::uint64_t syns = 0;  // to the port
    std::uint64_t syn_acks_sent = 0;
    std::uint64_t resets_sent = 0;       // in answer to SYNs
    std::uint64_t resets_later = 0;      // sent by the port, of connections that it had taken
    std::uint64_t bare_fins = 0;         // to the port, without ACK: probes
    std::uint64_t data_segments = 0;     // of the peer to the port
    std::uint64_t other_ports = 0;       // segments of the peer to other ports of this host
    std::vector<ArrivedSyn> first_syns;  // the first of each source port
    std::vector<SentIcmpErrors> icmp_errors;
    std::uint64_t lost = 0;  // that the capture could not keep
};

struct WatchedListener {
    SocketAddress local;                         // that of siblings (SO_REUSEPORT) is the same
    std::optional<std::uint32_t> deepest_queue;  // accept queue, the most of all looks
    std::optional<std::uint32_t> last_queue;
    std::chrono::milliseconds waiting{0};  // how long it has not been empty, at the end
    std::optional<std::uint32_t> backlog_limit;
    std::optional<std::uint64_t> new_drops;
    std::string process;  // "nginx (pid 42)"; empty when not known
};

// A connection of the peer to the port, as it was at the last look at which it was there.
struct PeerConnection {
    SocketAddress remote;
    TcpState state = TcpState::Closed;
    bool never_accepted = false;
    std::uint32_t unread_bytes = 0;
    std::uint32_t unacknowledged_bytes = 0;
    std::optional<std::uint64_t> bytes_received;
    std::optional<std::uint64_t> bytes_answered;  // and acknowledged by the peer
    std::uint8_t retransmits = 0;                 // of a half-open one: of its SYN+ACK
    std::chrono::milliseconds unchanged{0};       // how long nothing of this changed, at the end
};

// What a server saw of one client that tries to connect to one port, over a while.
struct PortWatch {
    std::uint16_t port = 0;
    IpAddress peer;
    std::chrono::system_clock::time_point started;
    std::chrono::system_clock::time_point ended;
    std::vector<IpAddress> addresses;    // of this host
    std::optional<PeerPackets> packets;  // empty without CAP_NET_RAW
    std::vector<WatchedListener> listeners;
    std::vector<PeerConnection> connections;
    Counters counter_increases;  // all counters of the namespace, also those that did not rise
    std::vector<Unseen> unseen;
};

}  // namespace tcpdx
