#pragma once

#include <cstdint>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "model/observations.h"
#include "model/trace/life_tracker.h"

namespace tcpdx::app {

// What a watch that goes on for ever knows besides.
struct KnownToWatch {
    trace::Time at{0};  // when it knew this
    std::unordered_map<std::uint32_t, trace::TimeWaits> time_waits;
};

struct LookRequest {
    bool all_namespaces = false;
    // Keeps no rows of them: Observations::server_time_waits.
    bool count_server_time_waits = false;
    // Null, or what need not be asked of the kernel: TIME-WAITs where they are very many, as long
    // as their number agrees with the kernel's own, and when states began.
    const KnownToWatch* known = nullptr;
};

// One look at this host: every TCP socket with its owner, opener and age, the counters and kernel
// options, and what could not be seen. One Observations per network namespace, our own first.
[[nodiscard]] Result<std::vector<Observations>> look_at_host(const LookRequest& request);

}  // namespace tcpdx::app
