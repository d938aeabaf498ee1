#pragma once

// Runs one end through the model's table of transitions. What it was in before, and what a segment
// did to it when that is not certain, is a set of states; what happens later takes out of the
// earlier sets what cannot have led there.

#include <cstdint>
#include <optional>
#include <vector>

#include "model/captured.h"
#include "model/happenings.h"

namespace tcpdx::capture {

struct EndEvent {
    std::int64_t at = 0;
    std::optional<std::int64_t> earliest;
    std::optional<std::int64_t> latest;
    // Empty: what it did is possible in `only` these states.
    std::optional<Happening> what;
    StateSet only;
    // Anything may have happened since the event before, and not have been captured. From there on
    // an event leaves a state as it is that does not know it: it may have happened before.
    bool hidden = false;
    bool is_result = false;  // without `what`: of what happened in the same moment
    std::uint32_t packet = 0;
    bool certain = true;  // false: it may have happened
    bool assumed = false;
    bool inferred = false;
    CapturedCause cause = CapturedCause::Received;
};

// `events` in the order in which they happened at this end. The first state is `initial` since
// `start`; it is left out of the result when `leave_out_initial` and something follows.
[[nodiscard]] std::vector<CapturedState> run_states(const StateSet& initial, std::int64_t start,
                                                    bool leave_out_initial,
                                                    const std::vector<EndEvent>& events);

// Everything that an end in one of these states may become without a packet that is captured.
[[nodiscard]] StateSet onward(const StateSet& states);

[[nodiscard]] CaptureTime capture_time(std::int64_t ns);

}  // namespace tcpdx::capture
