#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/connection.h"
#include "model/message.h"
#include "model/paste.h"
#include "model/time_wait_count.h"

namespace tcpdx {

struct Captured;  // captured.h

// Where a fact comes from, so that a reader can check it with another tool.
enum class Origin : std::uint8_t {
    SocketTable,   // sock_diag or /proc/net/tcp
    Counter,       // /proc/net/netstat, snmp, sockstat
    KernelOption,  // /proc/sys
    Process,       // /proc/PID
    Packet,        // a capture
    TraceEvent,
    PastedText,
    Limit,  // a threshold of this program
    Probe,  // what came back when we asked
};

// One fact with its origin, as shown to a reader: the piece of evidence a finding stands on.
struct Observation {
    Message fact;
    Origin origin = Origin::SocketTable;
    std::string check;  // a command that shows the same, run by hand; empty when there is none
};

struct Process {
    int pid = 0;
    std::string name;          // comm, 15 bytes at most
    std::string command_line;  // empty when not readable
    std::optional<std::uint32_t> uid;
    std::string unit;  // systemd unit or container id from the cgroup; empty when none
    std::optional<std::uint64_t> open_descriptors;
    std::optional<std::uint64_t> descriptor_limit;  // RLIMIT_NOFILE, soft
};

struct NetworkNamespace {
    std::uint64_t inode = 0;
    std::string name;  // of `ip netns`, or a process in it ("nginx (pid 42)"); empty for our own
};

// Counters by the names nstat(8) shows: "TcpExtListenOverflows", "IpInReceives". Monotonic since
// the namespace came up.
class Counters {
public:
    void set(std::string name, std::uint64_t value) { values_[std::move(name)] = value; }
    [[nodiscard]] std::optional<std::uint64_t> value(std::string_view name) const {
        const auto found = values_.find(name);
        return found == values_.end() ? std::nullopt : std::optional(found->second);
    }
    [[nodiscard]] bool empty() const { return values_.empty(); }
    [[nodiscard]] const std::map<std::string, std::uint64_t, std::less<>>& all() const {
        return values_;
    }

private:
    std::map<std::string, std::uint64_t, std::less<>> values_;
};

// Kernel options by their sysctl(8) names: "net.ipv4.tcp_fin_timeout".
class KernelOptions {
public:
    void set(std::string name, std::string value) { values_[std::move(name)] = std::move(value); }
    [[nodiscard]] std::optional<std::string_view> text(std::string_view name) const {
        const auto found = values_.find(name);
        return found == values_.end() ? std::nullopt
                                      : std::optional<std::string_view>(found->second);
    }
    // The value as a number; for options with several, the one at `index` ("32768 60999").
    [[nodiscard]] std::optional<std::int64_t> number(std::string_view name,
                                                     std::size_t index = 0) const;
    [[nodiscard]] const std::map<std::string, std::string, std::less<>>& all() const {
        return values_;
    }

private:
    std::map<std::string, std::string, std::less<>> values_;
};

// /proc/net/sockstat: totals that the kernel keeps. `orphans`, `memory_pages` are of the whole
// host.
struct SocketTotals {
    std::optional<std::uint64_t> in_use;
    std::optional<std::uint64_t> orphans;
    std::optional<std::uint64_t> time_wait;
    std::optional<std::uint64_t> allocated;
    std::optional<std::uint64_t> memory_pages;
};

struct Conntrack {
    std::optional<std::uint64_t> count;
    std::optional<std::uint64_t> maximum;
    std::optional<std::uint64_t> insert_failed;
    std::optional<std::uint64_t> drop;
    std::optional<std::uint64_t> early_drop;
};

// What ended a connection. Unknown also when the program has already been told by an error: the
// kernel then forgets it.
enum class DeadSocketCause : std::uint8_t { Unknown, Reset, TimedOut, Refused };

// A socket that no table shows: its connection has failed, its descriptor is still open. One that
// both ends have closed in order is not dead.
struct DeadSocket {
    std::uint32_t process = kNoProcess;  // index into processes
    int descriptor = -1;
    std::uint16_t local_port = 0;
    std::uint16_t remote_port = 0;
    DeadSocketCause cause = DeadSocketCause::Unknown;
};

// Something that could not be looked at, and what would make it visible.
struct Unseen {
    Message what;
    Message remedy;
};

// What this look covered. A rule must not conclude "none" from what was never listed.
struct Coverage {
    bool listeners = false;        // the listing includes listening sockets
    bool connections = false;      // and all the others
    bool owners = false;           // every process's sockets could be seen
    bool tcp_details = false;      // tcp_info is there
    bool privileged_view = false;  // made as root: "no process" means there is none
    std::vector<Unseen> unseen;
};

// Everything a rule may look at: one look at one network namespace. Plain data, with no way back to
// the kernel. Every source makes these, so the same rules run on all of them.
struct Observations {
    std::chrono::system_clock::time_point taken;
    NetworkNamespace network_namespace;
    std::vector<Connection> connections;  // listeners and request sockets too
    // In TIME-WAIT, besides `connections`, where whoever watches all the time has only counted
    // them. On the port of a listener: none of these holds a port that anything else needs.
    std::size_t server_time_waits = 0;
    // From a port that the kernel gives to clients.
    std::vector<TimeWaitsTowards> client_time_waits;
    std::vector<Process> processes;
    std::vector<DeadSocket> dead_sockets;
    Counters counters;
    KernelOptions options;
    SocketTotals totals;
    std::optional<Conntrack> conntrack;
    std::optional<std::uint64_t> page_bytes;
    Coverage coverage;
    std::optional<Paste> paste;                // when somebody sent this as text
    std::shared_ptr<const Captured> captured;  // when it comes from packets; else null

    [[nodiscard]] const Process* process_of(const Connection& connection) const {
        return connection.owner.process < processes.size() ? &processes[connection.owner.process]
                                                           : nullptr;
    }
    [[nodiscard]] std::size_t count(TcpState state) const;
};

}  // namespace tcpdx
