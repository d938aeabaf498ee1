#pragma once

#include <span>
#include <string>

#include "diagnosis/tune/audit.h"

namespace tcpdx {

// What `tcpdx tune` tells, as the document that docs/json.md describes (tcpdx.tune/1).
[[nodiscard]] std::string tune_json(std::span<const diagnosis::TuneEntry> entries,
                                    std::span<const diagnosis::Folklore> folklore);

}  // namespace tcpdx
