#pragma once

#include "diagnosis/reach/facts.h"
#include "model/probe_report.h"

namespace tcpdx::diagnosis::reach {

[[nodiscard]] IcmpSays icmp_says(IcmpMeaning meaning);

}  // namespace tcpdx::diagnosis::reach
