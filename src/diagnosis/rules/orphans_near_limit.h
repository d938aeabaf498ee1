#pragma once

#include "diagnosis/rule.h"

namespace tcpdx::diagnosis {

extern const Rule kOrphansNearLimit;

}  // namespace tcpdx::diagnosis
