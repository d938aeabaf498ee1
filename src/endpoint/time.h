#pragma once

#include <chrono>

namespace tcpdx::endpoint {

// A point on the endpoint's own time line. It starts where the owner says and only moves forward.
using Duration = std::chrono::microseconds;
using Time = std::chrono::time_point<std::chrono::steady_clock, Duration>;

}  // namespace tcpdx::endpoint
