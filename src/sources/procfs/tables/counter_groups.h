#pragma once

#include <string_view>
#include <vector>

#include "model/netstat_tables.h"

namespace tcpdx::proc_tables {

// What could be read, in the file's order. `malformed` when it stopped at a line that is not of the
// format; the groups before that line are good.
struct CounterFile {
    std::vector<CounterGroup> groups;
    bool malformed = false;
};

// /proc/net/snmp and /proc/net/netstat: pairs of lines, "Tcp: name name" and "Tcp: value value".
// A name without a value counts as zero.
[[nodiscard]] CounterFile parse_counter_groups(std::string_view text);

// /proc/net/snmp6: one "Ip6InReceives 12" a line. A group is titled by its names up to the 6, and
// lasts as long as the names contain that title.
[[nodiscard]] std::vector<CounterGroup> parse_snmp6(std::string_view text);

// /proc/net/sctp/snmp: one "SctpCurrEstab 0" a line, a single group.
[[nodiscard]] CounterGroup parse_sctp_snmp(std::string_view text);

}  // namespace tcpdx::proc_tables
