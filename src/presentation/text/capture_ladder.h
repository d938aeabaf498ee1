#pragma once

#include <string>
#include <vector>

#include "diagnosis/finding.h"
#include "model/captured.h"
#include "presentation/text/output.h"

namespace tcpdx {

// One connection from top to bottom in time: both ends' states at the sides with how long each
// lasted, and the segments that matter between them.
// `findings`: what was found about it, each shown below the segment that it is about.
[[nodiscard]] std::string capture_ladder(const CapturedConnection& connection,
                                         const std::vector<const diagnosis::Finding*>& findings,
                                         const Screen& screen, bool unicode);

// The findings about a connection of the capture.
[[nodiscard]] std::vector<const diagnosis::Finding*> findings_about(
    const Captured& captured, const CapturedConnection& connection,
    const std::vector<diagnosis::Finding>& findings);

}  // namespace tcpdx
