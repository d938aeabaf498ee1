#pragma once

#include "diagnosis/rule.h"

namespace tcpdx::diagnosis {

extern const Rule kReversePathFilter;

}  // namespace tcpdx::diagnosis
