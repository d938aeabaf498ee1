#pragma once

#include <functional>

#include "base/result.h"
#include "model/connection.h"
#include "sources/procfs/kernel_counters.h"

namespace tcpdx::procfs {

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
