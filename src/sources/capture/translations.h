#pragma once

#include <vector>

#include "model/captured.h"

namespace tcpdx::capture {

// Behind an address translator, and captured on both its sides, one connection shows as two with
// other addresses. The sequence numbers stay: both initial ones are not the same by chance.
void match_translations(std::vector<CapturedConnection>& connections);

}  // namespace tcpdx::capture
