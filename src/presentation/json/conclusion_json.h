#pragma once

#include <string>

#include "diagnosis/reach/join.h"

namespace tcpdx {

// Schema "tcpdx.conclusion/1", described in docs/json.md.
[[nodiscard]] std::string conclusion_json(const diagnosis::reach::Joined& joined);

}  // namespace tcpdx
