#pragma once

#include <string>

#include "model/captured.h"
#include "presentation/text/output.h"

namespace tcpdx {

// One connection from top to bottom in time: both ends' states at the sides with how long each
// lasted, and the segments that matter between them.
[[nodiscard]] std::string capture_ladder(const CapturedConnection& connection, const Screen& screen,
                                         bool unicode);

}  // namespace tcpdx
