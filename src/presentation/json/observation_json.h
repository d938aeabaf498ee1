#pragma once

#include <nlohmann/json.hpp>
#include <vector>

#include "model/observations.h"

namespace tcpdx {

// A list of pieces of evidence, as every schema writes them.
[[nodiscard]] nlohmann::ordered_json observations_json(const std::vector<Observation>& facts);

}  // namespace tcpdx
