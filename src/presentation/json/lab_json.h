#pragma once

#include <span>
#include <string>

#include "model/lab.h"

namespace tcpdx {

// Schema "tcpdx.lab/1", described in docs/json.md.
[[nodiscard]] std::string lab_json(const LabResult& result);
// Schema "tcpdx.lab-list/1".
[[nodiscard]] std::string lab_list_json(std::span<const LabEntry> entries);

}  // namespace tcpdx
