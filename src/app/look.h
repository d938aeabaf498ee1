#pragma once

#include <bitset>
#include <cstdint>
#include <functional>
#include <vector>

#include "base/result.h"
#include "model/observations.h"
#include "model/trace/life_tracker.h"

namespace tcpdx::app {

// What a watch that goes on for ever knows of one network namespace.
struct KnownTimeWaits {
    trace::Time at{0};  // when it knew this
    trace::TimeWaits time_waits;
};
using TimeWaitsKnown = std::function<KnownTimeWaits(std::uint32_t network_namespace,
                                                    const std::bitset<65536>& source_ports)>;

struct LookRequest {
    bool all_namespaces = false;
    // Keeps no rows of those that can be: Observations::server_time_waits, client_time_waits.
    bool count_time_waits = false;
    // Empty, or tells what need not be asked of the kernel: TIME-WAITs where they are very many, as
    // long as their number agrees with the kernel's own. Then when states began is known, too.
    TimeWaitsKnown known;
    // Rows that it is true of are not kept; empty to keep all.
    std::function<bool(const Connection&)> leave_out;
};

// One look at this host: every TCP socket with its owner, opener and age, the counters and kernel
// options, and what could not be seen. One Observations per network namespace, our own first.
[[nodiscard]] Result<std::vector<Observations>> look_at_host(const LookRequest& request);

}  // namespace tcpdx::app
