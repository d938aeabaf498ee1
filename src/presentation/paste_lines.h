#pragma once

#include <cstdint>
#include <vector>

#include "diagnosis/finding.h"

namespace tcpdx {

// The lines of the pasted text on which a finding's sockets stand, ascending, each once. None for a
// live host.
[[nodiscard]] std::vector<std::uint32_t> line_numbers(const Observations& seen,
                                                      const diagnosis::Finding& finding);

}  // namespace tcpdx
