#pragma once

#include <string_view>

#include "base/result.h"
#include "model/observations.h"

namespace tcpdx::procfs {

// The net directory of the calling thread's network namespace. Not /proc/net: that is /proc/self,
// the namespace of the main thread, also for a thread that has entered another one.
inline constexpr const char* kOwnNetDirectory = "/proc/thread-self/net";

// /proc/net/snmp and /proc/net/netstat: a line of names, then a line of as many numbers, both with
// the same prefix. "Tcp: ActiveOpens ..." becomes "TcpActiveOpens", nstat's name.
void parse_counter_pairs(std::string_view text, Counters& counters);

// /proc/net/snmp6: a name and a number per line.
void parse_counter_lines(std::string_view text, Counters& counters);

// /proc/net/sockstat and, where there is IPv6, /proc/net/sockstat6. `in_use` is of both.
[[nodiscard]] SocketTotals parse_socket_totals(std::string_view sockstat,
                                               std::string_view sockstat6);

// All of snmp, netstat and snmp6 (which is missing without IPv6) in `net_directory`, which may be
// that of a process in another network namespace, "/proc/PID/net".
[[nodiscard]] Result<Counters> read_counters(const char* net_directory = kOwnNetDirectory);

[[nodiscard]] Result<SocketTotals> read_socket_totals(const char* net_directory = kOwnNetDirectory);

}  // namespace tcpdx::procfs
