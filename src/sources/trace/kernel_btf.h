#pragma once

#include <string>
#include <string_view>
#include <unordered_map>

#include "base/result.h"
#include "model/trace/event.h"

namespace tcpdx::trace {

// What the running kernel says of itself (BTF): which tracepoints it has, with how many arguments,
// and its names for reasons.
struct KernelFeatures {
    std::unordered_map<std::string, int> tracepoint_arguments;
    ReasonNames reasons;
    // Whether these objects have the timer by which they are traced.
    bool request_has_timer = false;    // request_sock.rsk_timer
    bool time_wait_has_timer = false;  // inet_timewait_sock.tw_timer

    // 0: there is no such tracepoint.
    [[nodiscard]] int arguments_of(const std::string& tracepoint) const {
        const auto found = tracepoint_arguments.find(tracepoint);
        return found == tracepoint_arguments.end() ? 0 : found->second;
    }
};

// Unsupported when the kernel has no BTF (CONFIG_DEBUG_INFO_BTF).
[[nodiscard]] Result<KernelFeatures> read_kernel_features();

}  // namespace tcpdx::trace
