#pragma once

#include "diagnosis/rule.h"

namespace tcpdx::diagnosis {

extern const Rule kPortReady;

}  // namespace tcpdx::diagnosis
