#pragma once

// How a connection ended, who closed first, and what the capture cannot show of it.

#include <array>
#include <vector>

#include "model/captured.h"
#include "sources/capture/end_events.h"
#include "sources/capture/live_connection.h"

namespace tcpdx::capture {

void tell_outcome(const LiveConnection& live, const std::array<const LiveFlow*, 2>& flows,
                  const std::vector<LogEntry>& log, std::int64_t end_ns,
                  CapturedConnection& connection);
void tell_limits(const LiveConnection& live, const std::array<EndStory, 2>& stories,
                 std::int64_t end_ns, CapturedConnection& connection);

}  // namespace tcpdx::capture
