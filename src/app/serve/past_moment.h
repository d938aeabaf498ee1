#pragma once

#include <chrono>
#include <string>

#include "app/host_monitor.h"
#include "app/past.h"
#include "app/serve/parameters.h"

namespace tcpdx::app {

// The connections of a moment that was recorded. Where it was not, the answer says so: an empty
// list would look as if there had been none.
[[nodiscard]] Parameter<Past> read_past(const HostMonitor& monitor, const std::string& history_file,
                                        std::chrono::microseconds at);

}  // namespace tcpdx::app
