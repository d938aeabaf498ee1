#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "diagnosis/rule.h"

namespace tcpdx::diagnosis {

// Sets one threshold from text, "close-wait=30s" or "ports-used=90%": durations take ms, s, m, h, d
// (s when there is no unit). The error is ErrorCode::Usage for an unknown name and
// ErrorCode::Malformed for a value that does not fit.
[[nodiscard]] Result<> set_limit(Limits& limits, std::string_view assignment);

// "close-wait=60s", ... with the values in `limits`, in the order of their declaration.
[[nodiscard]] std::vector<std::string> list_limits(const Limits& limits);

}  // namespace tcpdx::diagnosis
