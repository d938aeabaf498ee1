#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "diagnosis/finding.h"
#include "model/captured.h"
#include "model/observations.h"

namespace tcpdx {

// One page that needs nothing else: no script, no other file, no network. Findings, hosts, the
// table, and a ladder for each of the first connections; `numbers` are indexes.
[[nodiscard]] std::string capture_page(const Captured& captured, const Observations& seen,
                                       const std::vector<diagnosis::Finding>& findings,
                                       const std::vector<std::uint32_t>& numbers);

}  // namespace tcpdx
