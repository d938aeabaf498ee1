#pragma once

#include "diagnosis/rule.h"

namespace tcpdx::diagnosis {

extern const Rule kTcpMemoryNearLimit;

}  // namespace tcpdx::diagnosis
