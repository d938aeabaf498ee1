#pragma once

#include <nlohmann/json.hpp>

#include "diagnosis/activity_report.h"

namespace tcpdx {

[[nodiscard]] nlohmann::ordered_json activity_json(const diagnosis::ActivityReport& report);

}  // namespace tcpdx
