#pragma once

#include <string>

#include "model/lab.h"

namespace tcpdx {

// Schema "tcpdx.lab/1", described in docs/json.md.
[[nodiscard]] std::string lab_json(const LabResult& result);

}  // namespace tcpdx
