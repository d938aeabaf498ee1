#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "model/ip_address.h"

namespace tcpdx {

// The tables that netstat(8) prints besides TCP connections, as the kernel gives them. Numbers that
// netstat prints as they are (states, flags, timers) keep the kernel's coding here.

// A row of /proc/net/tcp, udp, udplite or raw. A TCP row from sock_diag is turned into one too, so
// that one formatter prints all of them.
struct InetSocketRow {
    SocketAddress local;
    SocketAddress remote;
    std::uint32_t state = 0;  // net/tcp_states.h
    std::uint64_t receive_queue = 0;
    std::uint64_t send_queue = 0;
    std::uint32_t timer = 0;          // 0 off, 1 on, 2 keepalive, 3 timewait, 4 probe
    std::uint64_t timer_expires = 0;  // hundredths of a second
    std::uint64_t retransmits = 0;
    std::int32_t probes = 0;
    std::int32_t uid = 0;
    std::uint64_t inode = 0;
};

// A row of /proc/net/unix. `path` points into the line it was read from.
struct UnixSocketRow {
    std::uint64_t references = 0;
    std::uint64_t protocol = 0;
    std::uint64_t flags = 0;
    std::uint32_t type = 0;   // SOCK_STREAM, ...
    std::uint32_t state = 0;  // linux/net.h, socket_state
    std::uint64_t inode = 0;
    std::string_view path;
};

// A row of /proc/net/sctp/eps or assocs: a socket with several addresses at each end.
struct SctpSocketRow {
    std::vector<IpAddress> local;
    std::vector<IpAddress> remote;  // empty for an endpoint
    std::uint16_t local_port = 0;
    std::uint16_t remote_port = 0;
    std::int32_t state = 0;
    std::uint32_t receive_queue = 0;
    std::uint32_t send_queue = 0;
    std::int32_t uid = 0;
    std::uint64_t inode = 0;
};

struct RouteV4 {
    std::string interface;
    IpAddress target;
    IpAddress gateway;
    IpAddress mask;
    std::uint32_t flags = 0;  // RTF_*
    std::int32_t references = 0;
    std::int32_t use = 0;
    std::int32_t metric = 0;
    std::int32_t mss = 0;
    std::int32_t window = 0;
    std::int32_t initial_rtt = 0;
};

struct RouteV6 {
    std::string interface;
    IpAddress target;
    std::int32_t prefix_bits = 0;
    IpAddress next_hop;
    std::uint32_t flags = 0;
    std::int32_t references = 0;
    std::int32_t use = 0;
    std::int32_t metric = 0;
};

struct InterfaceCounters {
    std::uint64_t bytes = 0;
    std::uint64_t packets = 0;
    std::uint64_t errors = 0;
    std::uint64_t dropped = 0;
    std::uint64_t overruns = 0;
    std::uint64_t frame = 0;       // received only
    std::uint64_t carrier = 0;     // sent only
    std::uint64_t collisions = 0;  // sent only
    std::uint64_t compressed = 0;
};

struct InterfaceTraffic {
    InterfaceCounters received;
    InterfaceCounters sent;
};

struct InterfaceAddressV4 {
    IpAddress address;
    IpAddress mask;
    IpAddress broadcast;
    IpAddress destination;
};

struct InterfaceAddressV6 {
    IpAddress address;
    std::int32_t prefix_bits = 0;
    std::uint32_t scope = 0;
};

// A network interface, or a label ("eth0:1") of one, which has no counters of its own.
struct NetworkInterface {
    std::string name;
    std::optional<InterfaceTraffic> traffic;
    std::int16_t flags = 0;  // IFF_*, as the ioctl gives them
    std::int32_t mtu = 0;
    std::int32_t queue_length = -1;   // -1 when not known
    std::uint16_t hardware_type = 0;  // ARPHRD_*
    std::array<std::uint8_t, 32> hardware_address{};
    std::optional<InterfaceAddressV4> v4;
    std::vector<InterfaceAddressV6> v6;

    // struct ifmap
    unsigned long memory_start = 0;
    unsigned long memory_end = 0;
    std::uint16_t base_address = 0;
    std::uint8_t interrupt = 0;
    std::uint8_t dma = 0;
    std::uint8_t port = 0;
};

struct GroupMembership {
    std::string_view interface;
    std::int32_t references = 0;
    IpAddress group;
};

// A line pair of /proc/net/snmp or netstat: a title and its counters, in the kernel's order.
struct CounterGroup {
    std::string title;
    std::vector<std::pair<std::string, std::uint64_t>> counters;
};

}  // namespace tcpdx
