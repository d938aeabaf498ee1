#pragma once

#include "diagnosis/rule.h"

namespace tcpdx::diagnosis {

extern const Rule kNoRouteBack;

}  // namespace tcpdx::diagnosis
