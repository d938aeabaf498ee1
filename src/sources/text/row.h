#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "model/connection.h"
#include "model/paste.h"
#include "sources/text/endpoint.h"

namespace tcpdx::text {

// Which tool's columns a row has. It decides what its numbers mean.
enum class Layout : std::uint8_t {
    Netstat,      // proto, queues, local, remote, state: Linux, and the BSDs with dots
    Ss,           // [netid] state, queues, local, remote
    Windows,      // proto, local, remote, state
    Sockstat,     // user, command, pid, descriptor, proto, local, remote, state: the BSDs
    PowerShell,   // address, port, address, port, state
    Solaris,      // local, remote, windows and queues, state
    ListenQueue,  // proto, q/i/max, local: netstat -L of the BSDs
    Lsof,         // command, pid, user, ..., TCP local->remote (state)
    Proc,         // /proc/net/tcp
    Bare,         // local, remote, state, and nothing else that is known
};

// What the owner column says of one row.
enum class OwnerText : std::uint8_t {
    NoColumn,  // nothing: no such column, or this row does not reach it
    Nobody,    // "-": nobody that the listing's author could see
    Process,
};

// A row of a listing. The views point into the line.
struct Row {
    Connection connection;  // addresses are only set for numbers; see `local`, `remote`
    Endpoint local;
    Endpoint remote;
    Layout layout = Layout::Bare;
    bool v6_protocol = false;                 // "tcp6"
    HostSystem system = HostSystem::Unknown;  // when only one system writes such rows
    OwnerText owner_text = OwnerText::NoColumn;
    int pid = 0;
    std::string_view program;
    std::optional<std::uint32_t> first_queue;   // Recv-Q
    std::optional<std::uint32_t> second_queue;  // Send-Q
    std::optional<std::uint32_t> incomplete;    // of netstat -L: half-open connections
};

enum class RowKind : std::uint8_t {
    None,       // does not look like a row
    Tcp,        // `row` is complete
    Other,      // UDP, unix, ...: understood, and no connection of ours
    Stateless,  // a TCP row whose state is not shown, or none that TCP has
    Partial,    // begins like a row and ends too early: its rest is on the next line
    Unread,     // looks like a row, and was not understood
};

struct RowReading {
    RowKind kind = RowKind::None;
    Row row;
    bool only_state_missing = false;  // of a Partial: both ends are there
    std::size_t end = 0;  // where in the line the next row may begin; its size when there is none
};

// What a table's header, and the command above it, say about the rows that follow.
struct TableContext {
    // What stands right of the state, by column: only what is asked for later.
    enum class Column : std::uint8_t { Other, Pid, ProcessPid };
    std::vector<Column> after_state;
    std::optional<TcpState> only_state;  // "ss state close-wait": then there is no state column
    bool has_header = false;
    bool has_state_column = true;
    bool is_ss = false;
    bool udp_only = false;  // "ss -u": its rows do not say that they are no TCP
    bool has_pid_column = false;
    bool header_without_queues = false;  // Windows
    bool rest_will_not_come = false;     // a row that was cut stays as it is: no next line
};

}  // namespace tcpdx::text
