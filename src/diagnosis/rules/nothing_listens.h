#pragma once

#include "diagnosis/rule.h"

namespace tcpdx::diagnosis {

extern const Rule kNothingListens;

}  // namespace tcpdx::diagnosis
