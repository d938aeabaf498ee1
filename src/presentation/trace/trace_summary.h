#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "model/observations.h"
#include "model/trace/totals.h"

namespace tcpdx::trace {

// How a trace went, once it is over.
struct Summary {
    Totals totals;
    std::size_t still_open = 0;
    std::uint64_t lost_changes = 0;
    std::uint64_t lost_details = 0;
    std::vector<std::uint64_t> lost_per_cpu;
    std::size_t unreadable = 0;
    std::chrono::milliseconds lasted{0};
    bool sampled = false;  // no events, only listings from time to time
    std::vector<Unseen> unseen;
};

// A few lines for people, in their language.
[[nodiscard]] std::string summary_text(const Summary& summary);
// The last line of a trace in JSON.
[[nodiscard]] std::string summary_json(const Summary& summary);

}  // namespace tcpdx::trace
