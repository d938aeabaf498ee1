#pragma once

#include <chrono>

#include "base/result.h"
#include "model/probe_report.h"
#include "sources/probe/connect_attempt.h"

namespace tcpdx::probe {

// ICMP echo, up to `count` times, `spacing` apart, until the first answer. Needs no privilege where
// net.ipv4.ping_group_range has our group, else CAP_NET_RAW.
[[nodiscard]] Result<PingResult> ping(const Target& target, std::uint32_t count,
                                      std::chrono::milliseconds spacing, const Stop& stop);

}  // namespace tcpdx::probe
