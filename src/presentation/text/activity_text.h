#pragma once

#include <string>
#include <vector>

#include "diagnosis/activity_report.h"

namespace tcpdx {

// What happened while the host was watched, one line per kind; kinds that did not happen have none.
[[nodiscard]] std::vector<std::string> activity_lines(const diagnosis::ActivityReport& report);

}  // namespace tcpdx
