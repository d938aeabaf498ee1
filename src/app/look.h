#pragma once

#include <vector>

#include "base/result.h"
#include "model/observations.h"

namespace tcpdx::app {

struct LookRequest {
    bool all_namespaces = false;
    // Keeps no rows of them: Observations::server_time_waits.
    bool count_server_time_waits = false;
};

// One look at this host: every TCP socket with its owner, opener and age, the counters and kernel
// options, and what could not be seen. One Observations per network namespace, our own first.
[[nodiscard]] Result<std::vector<Observations>> look_at_host(const LookRequest& request);

}  // namespace tcpdx::app
