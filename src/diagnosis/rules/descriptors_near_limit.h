#pragma once

#include "diagnosis/rule.h"

namespace tcpdx::diagnosis {

extern const Rule kDescriptorsNearLimit;

}  // namespace tcpdx::diagnosis
