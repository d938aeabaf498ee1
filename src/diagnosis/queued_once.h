#pragma once

#include "diagnosis/rule.h"

namespace tcpdx::diagnosis {

// Data in Send-Q that a pasted listing shows at one moment, without a timer that tells for how
// long. Every busy connection has some, so it is information; but when the reader at the other end
// is in the same listing with a full Recv-Q, that is a warning, and it has a name. `told` are
// connections about which more is known already.
[[nodiscard]] std::vector<Finding> queued_at_one_moment(const Situation& situation,
                                                        bool (*told)(const Situation&,
                                                                     const Connection&));

}  // namespace tcpdx::diagnosis
