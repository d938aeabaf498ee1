#pragma once

#include <functional>
#include <optional>
#include <string_view>

#include "base/result.h"
#include "model/connection.h"
#include "sources/procfs/kernel_counters.h"

namespace tcpdx::procfs {

// One row of /proc/net/tcp or tcp6 (tcp4_seq_show in net/ipv4/tcp_ipv4.c):
//
//   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
//    0: 0100007F:1F90 00000000:0000 0A 00000000:00000002 00:00000000 00000000  1000        0 31337
//       1 000000005160f9a1 100 0 0 10 0
//
// An address is the memory of its bytes in network order, read as numbers of 32 bits in host order.
// Request and TIME-WAIT sockets end after the pointer; full ones have five more numbers. Nothing
// for the heading and for a row that is cut or damaged.
[[nodiscard]] std::optional<Connection> parse_tcp_row(std::string_view line, IpFamily family);

struct TableOutcome {
    std::size_t sockets = 0;
    std::size_t unreadable = 0;  // rows that did not parse
};

// The connection is only valid during the call.
using RowHandler = std::function<void(Connection&)>;

// Streams both tables. For kernels that refuse netlink: it knows no cookie, no tcp_info, no limit
// of an accept queue and no drops. The kernel gives a page at a time and forgets where it was, so a
// busy table may miss a socket or show one twice.
[[nodiscard]] Result<TableOutcome> read_tcp_table(const RowHandler& on_connection,
                                                  const char* net_directory = kOwnNetDirectory);

}  // namespace tcpdx::procfs
