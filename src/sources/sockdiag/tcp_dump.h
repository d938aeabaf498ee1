#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "base/result.h"
#include "model/connection.h"
#include "model/ip_address.h"

namespace tcpdx::sockdiag {

// A condition on one end that the kernel itself checks (INET_DIAG_REQ_BYTECODE), so that 5,000 of
// 150,000 sockets cost a sixth of listing them all. All conditions of a request have to hold.
struct EndCondition {
    enum class End : std::uint8_t { Local, Remote } end = End::Local;
    std::uint16_t lowest_port = 0;
    std::uint16_t highest_port = UINT16_MAX;
    std::optional<IpPrefix> prefix;
};

struct DumpRequest {
    StateSet states = StateSet::all();
    std::vector<EndCondition> conditions;
    // Instead of `conditions`: all those of at least one row have to hold. Empty for no such limit.
    std::vector<std::vector<EndCondition>> alternatives;
    // Each costs the kernel time per socket.
    bool tcp_info = true;
    bool memory = false;      // SKMEMINFO: a listener's drops
    bool congestion = false;  // name of the congestion control
};

// What became of a dump.
struct DumpOutcome {
    std::size_t sockets = 0;
    std::size_t unreadable = 0;  // answers that did not parse
    bool table_changed = false;  // NLM_F_DUMP_INTR: some may be missing or doubled
};

// Called once per socket; the connection is only valid during the call.
using ConnectionHandler = std::function<void(Connection&)>;

// Streams all TCP sockets of the calling thread's network namespace, IPv4 and IPv6 in one pass,
// in the kernel's order. Needs no privilege. Age, opener and owner are not filled in.
//
// `on_connection` sees each socket as it comes. When the kernel reports that its table changed
// under the dump, `on_restart` is called, everything seen so far is void, and the dump starts
// again, up to three times. Without `on_restart` the first dump stands, with table_changed set.
[[nodiscard]] Result<DumpOutcome> dump_tcp(const DumpRequest& request,
                                           const ConnectionHandler& on_connection,
                                           const std::function<void()>& on_restart = {});

// The bytecode for `conditions`, as the kernel's inet_diag_bc_audit() accepts it. Empty for none.
[[nodiscard]] std::vector<std::byte> filter_bytecode(const std::vector<EndCondition>& conditions);
[[nodiscard]] std::vector<std::byte> filter_bytecode_of_any(
    const std::vector<std::vector<EndCondition>>& alternatives);

}  // namespace tcpdx::sockdiag
