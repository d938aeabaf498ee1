#pragma once

#include <cstdint>
#include <vector>

#include "model/observations.h"
#include "sources/trace/kernel_btf.h"
#include "sources/trace/tracer.h"

struct tcp_trace;  // the skeleton of bpf/tcp_trace.bpf.c

namespace tcpdx::trace {

// How much of what we have is loaded. A kernel whose verifier refuses one of the programs for
// details can still show the rest.
enum class Extent : std::uint8_t { Everything, ChangesAndTimers, ChangesOnly };

struct ProgramSetup {
    bool sees_requests = false;
    bool sees_time_wait = false;
    std::vector<Unseen> missing;  // what this kernel does not show
};

// Chooses which programs are loaded, and gives them their constants. Before they are loaded.
ProgramSetup set_up(tcp_trace& skeleton, const KernelFeatures& kernel,
                    const TracerSettings& settings, Extent extent);

}  // namespace tcpdx::trace
