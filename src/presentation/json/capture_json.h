#pragma once

#include <functional>
#include <string_view>
#include <vector>

#include "diagnosis/finding.h"
#include "model/captured.h"
#include "model/observations.h"

namespace tcpdx {

// Schema "tcpdx.capture/1", written piece by piece: a capture may have a million connections.
// `numbers`: the connections to write; the counts are of all. False from `write` stops.
void capture_json(const Captured& captured, const Observations& seen,
                  const std::vector<diagnosis::Finding>& findings,
                  const std::vector<std::uint32_t>& numbers,
                  const std::function<bool(std::string_view)>& write);

}  // namespace tcpdx
