#pragma once

#include "diagnosis/rule.h"

namespace tcpdx::diagnosis {

extern const Rule kCloseWaitNeverAccepted;

}  // namespace tcpdx::diagnosis
