#pragma once

#include <optional>
#include <string_view>

#include "model/netstat_tables.h"

namespace tcpdx::proc_tables {

// A line of /proc/net/sctp/eps:
//   ENDPT SOCK STY SST HBKT LPORT UID INODE LADDRS
// State, port and the rest are there, or the result is empty.
[[nodiscard]] std::optional<SctpSocketRow> parse_sctp_endpoint(std::string_view line);

// A line of /proc/net/sctp/assocs; a primary address carries a '*':
//   ASSOC SOCK STY SST ST HBKT ASSOC-ID TX_QUEUE RX_QUEUE UID INODE LPORT RPORT LADDRS <-> RADDRS
[[nodiscard]] std::optional<SctpSocketRow> parse_sctp_association(std::string_view line);

}  // namespace tcpdx::proc_tables
