#pragma once

#include "diagnosis/rule.h"

namespace tcpdx::diagnosis {

extern const Rule kFinWait2Released;

}  // namespace tcpdx::diagnosis
