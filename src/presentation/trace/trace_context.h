#pragma once

#include <cstdint>
#include <functional>
#include <string_view>

#include "model/trace/event.h"
#include "presentation/text/output.h"
#include "presentation/trace/trace_time.h"

namespace tcpdx::trace {

// What lines refer to. Answers stay valid as long as lines are written.
struct TraceContext {
    TraceClock clock;
    const ReasonNames* reasons = nullptr;
    Screen screen;
    // By inode; unset where only one is watched.
    std::function<std::string_view(std::uint32_t inode)> namespace_name;
};

}  // namespace tcpdx::trace
