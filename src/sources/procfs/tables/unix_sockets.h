#pragma once

#include <optional>
#include <string_view>

#include "model/netstat_tables.h"

namespace tcpdx::proc_tables {

// A line of /proc/net/unix; nothing when it is cut before its state.
//
//   Num       RefCount Protocol Flags    Type St Inode Path
//   00000000: 00000002 00000000 00010000 0001 01  1234 /run/systemd/private
//
// A path ends at its first blank: so does netstat's.
[[nodiscard]] std::optional<UnixSocketRow> parse_unix_socket(std::string_view line);

}  // namespace tcpdx::proc_tables
