#pragma once

#include "diagnosis/rule.h"

namespace tcpdx::diagnosis {

extern const Rule kAcceptQueueFull;

}  // namespace tcpdx::diagnosis
