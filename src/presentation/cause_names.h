#pragma once

#include <string_view>

#include "model/transitions.h"

namespace tcpdx {

// In output for programs: "system-call". Never translated, never changed.
[[nodiscard]] std::string_view name_of(CauseKind kind);

}  // namespace tcpdx
