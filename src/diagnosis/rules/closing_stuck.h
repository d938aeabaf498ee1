#pragma once

#include "diagnosis/rule.h"

namespace tcpdx::diagnosis {

extern const Rule kClosingStuck;

}  // namespace tcpdx::diagnosis
