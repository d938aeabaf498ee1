#pragma once

#include <span>
#include <string>

#include "diagnosis/report.h"

namespace tcpdx {

// Schema "tcpdx.diagnosis/1", described in docs/json.md. Texts are in the reader's language; ids,
// states, numbers and commands are not translated. What is not known is absent, never null or 0.
[[nodiscard]] std::string report_json(std::span<const diagnosis::Report> reports);

}  // namespace tcpdx
