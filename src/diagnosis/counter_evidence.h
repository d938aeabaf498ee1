#pragma once

#include <string_view>

#include "diagnosis/rule.h"

namespace tcpdx::diagnosis {

// Certain to have risen between the two looks. False also when nothing is known of it.
[[nodiscard]] bool rose(const Situation& situation, std::string_view counter);

// "TcpExtListenDrops rose by 8 in 10 s", with the command that shows the counter. Only for a
// counter whose increase is known.
[[nodiscard]] Observation rise_of(const Situation& situation, std::string_view counter);

// "net.ipv4.tcp_syncookies = 1", for an option that is known.
[[nodiscard]] Observation option_value(const Observations& seen, std::string_view option);

// Counters belong to the whole network namespace. They may well explain what happens to a port or
// a peer, but they say nothing about one process.
[[nodiscard]] bool counters_concern(const Inquiry& asked);

}  // namespace tcpdx::diagnosis
