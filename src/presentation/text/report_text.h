#pragma once

#include <string>

#include "diagnosis/report.h"
#include "presentation/text/output.h"

namespace tcpdx {

// A report as an administrator reads it: one line of verdict, the counts of all states, what was
// looked at and what could not be, then the findings, worst first.
[[nodiscard]] std::string report_text(const diagnosis::Report& report, const Screen& screen);

}  // namespace tcpdx
