#pragma once

#include "diagnosis/rule.h"

namespace tcpdx::diagnosis {

extern const Rule kDeadSocketHeld;

}  // namespace tcpdx::diagnosis
