#pragma once

#include <array>
#include <cstddef>
#include <vector>

#include "diagnosis/activity_report.h"
#include "diagnosis/finding.h"
#include "diagnosis/paste_report.h"
#include "diagnosis/port_view.h"
#include "diagnosis/rule.h"

namespace tcpdx::diagnosis {

// What one `tcpdx` run tells about one network namespace: presentation/ prints it as text or JSON.
struct Report {
    const Observations* seen = nullptr;  // owned by the caller, outlives the report
    Inquiry asked;
    std::optional<Limits::Duration> interval;  // between two looks, when there were two
    std::array<std::size_t, kAllTcpStates.size()> state_counts{};  // indexed by TcpState
    std::optional<PortView> port;                                  // when a port was asked about
    std::optional<ActivityReport> activity;                        // when it was watched
    std::vector<Finding> findings;                                 // worst first
    std::optional<PasteReport> paste;                              // when it was made from one
};

[[nodiscard]] Report make_report(const Situation& situation);

}  // namespace tcpdx::diagnosis
