#pragma once

#include <chrono>
#include <string>

#include "model/process_map.h"

namespace tcpdx {

// Schema "tcpdx.map/1", described in docs/api/openapi.json.
[[nodiscard]] std::string map_json(const ProcessMap& map, std::chrono::microseconds at);

}  // namespace tcpdx
