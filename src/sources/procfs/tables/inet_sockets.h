#pragma once

#include <optional>
#include <string_view>

#include "model/netstat_tables.h"

namespace tcpdx::proc_tables {

// A line of /proc/net/{tcp,tcp6,udp,udp6,udplite,udplite6,raw,raw6}; nothing for the heading and
// for a line that ends before its timer.
//
//   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
//    0: 0100007F:0277 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1234
//    ...
[[nodiscard]] std::optional<InetSocketRow> parse_inet_socket(std::string_view line);

// An address as these files have it: 8 digits for IPv4, 32 for IPv6, in words of the host's byte
// order.
[[nodiscard]] std::optional<IpAddress> parse_hex_address(std::string_view digits);

}  // namespace tcpdx::proc_tables
