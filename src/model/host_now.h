#pragma once

#include <chrono>
#include <string>

#include "model/observations.h"
#include "model/trace/tally.h"

namespace tcpdx {

// Who is watched, and by whom.
struct HostIdentity {
    std::string name;
    std::string boot_id;
    std::string kernel;
    std::chrono::microseconds watching_since{0};  // of the Unix epoch
};

// What a watch that goes on for ever knows at the end of a second.
struct HostNow {
    std::chrono::microseconds at{0};  // of the Unix epoch
    HostIdentity host;
    bool sampled = false;  // no events, only listings from time to time
    trace::Tally totals;
    // The same some seconds earlier; rates are made from the difference.
    trace::Tally earlier;
    std::chrono::milliseconds rates_over{0};
    std::uint64_t lost_changes = 0;
    std::uint64_t lost_details = 0;
    std::uint64_t skipped_changes = 0;
    bool recording = false;
    std::string recording_stopped;  // why; empty when it has not
    std::uint64_t recorded_bytes = 0;

    [[nodiscard]] double per_second(std::uint64_t trace::Tally::*count) const {
        return rates_over.count() == 0 ? 0
                                       : static_cast<double>(totals.*count - earlier.*count) *
                                             1000 / static_cast<double>(rates_over.count());
    }
};

}  // namespace tcpdx
