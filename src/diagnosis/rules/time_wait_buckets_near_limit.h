#pragma once

#include "diagnosis/rule.h"

namespace tcpdx::diagnosis {

extern const Rule kTimeWaitBucketsNearLimit;

}  // namespace tcpdx::diagnosis
