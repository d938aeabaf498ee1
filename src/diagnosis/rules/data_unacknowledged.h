#pragma once

#include "diagnosis/rule.h"

namespace tcpdx::diagnosis {

extern const Rule kDataUnacknowledged;

}  // namespace tcpdx::diagnosis
