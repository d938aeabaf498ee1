#pragma once

// Reads the reports that `tcpdx probe --json` and `tcpdx diagnose --from-peer --json` wrote,
// perhaps on another host and by another version: keys that are not known are passed over, and what
// is missing stays unknown.

#include <string_view>
#include <variant>

#include "base/result.h"
#include "model/port_watch.h"
#include "model/probe_report.h"

namespace tcpdx::saved {

using Report = std::variant<ProbeReport, PortWatch>;

// Malformed when it is no JSON or lacks what a report must have; Unsupported when it is another
// document, or of a schema version that this program does not know.
[[nodiscard]] Result<Report> read_report(std::string_view text);

}  // namespace tcpdx::saved
