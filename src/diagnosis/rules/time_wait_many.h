#pragma once

#include "diagnosis/rule.h"

namespace tcpdx::diagnosis {

extern const Rule kTimeWaitMany;

}  // namespace tcpdx::diagnosis
