#pragma once

#include <optional>
#include <string_view>

#include "model/connection.h"

namespace tcpdx {

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

// Only the addresses and the state, of a row that was cut behind them or that shows no more:
// "0100007F:1F90 00000000:0000 0A". For pasted text; a live table has whole rows.
[[nodiscard]] std::optional<Connection> parse_tcp_row_start(std::string_view cells,
                                                            IpFamily family);

}  // namespace tcpdx
