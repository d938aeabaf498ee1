#pragma once

#include "diagnosis/rule.h"

namespace tcpdx::diagnosis {

extern const Rule kConntrackNearFull;

}  // namespace tcpdx::diagnosis
