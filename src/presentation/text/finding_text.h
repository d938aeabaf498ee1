#pragma once

#include <string>

#include "diagnosis/finding.h"
#include "presentation/text/output.h"

namespace tcpdx {

// A finding as an administrator reads it: the claim, the evidence and how to check it, what else it
// can be, what is not known and what to do. `seen` is what it was found in.
[[nodiscard]] std::string finding_text(const diagnosis::Finding& finding, const Observations& seen,
                                       const Screen& screen);

}  // namespace tcpdx
