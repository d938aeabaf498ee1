#pragma once

#include <chrono>
#include <optional>
#include <vector>

#include "diagnosis/rule.h"
#include "model/trace/activity.h"

namespace tcpdx::diagnosis {

// How fast source ports to one destination are being used up.
struct SourcePortOutlook {
    trace::Destination destination;
    double connects_per_second = 0;
    std::optional<std::size_t> used;  // nothing when the range is not known
    std::optional<std::size_t> usable;
    // How many more are in use each second; nothing without an earlier look.
    std::optional<double> growth_per_second;
    // Until all are, if it goes on like this; nothing when their number does not grow.
    std::optional<std::chrono::milliseconds> time_left;
};

// What happened while this namespace was watched, for a report.
struct ActivityReport {
    trace::Activity activity;
    std::vector<SourcePortOutlook> source_ports;  // the busiest destinations first
};

[[nodiscard]] ActivityReport report_on_activity(const Situation& situation,
                                                trace::Activity activity);

}  // namespace tcpdx::diagnosis
