#pragma once

#include "diagnosis/reach/facts.h"
#include "model/probe_report.h"

namespace tcpdx::diagnosis::reach {

// What a probe of one address says, as features. Pure: the same report gives the same facts.
[[nodiscard]] Facts client_facts(const TargetProbe& probe);

}  // namespace tcpdx::diagnosis::reach
