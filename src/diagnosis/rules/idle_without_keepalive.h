#pragma once

#include "diagnosis/rule.h"

namespace tcpdx::diagnosis {

extern const Rule kIdleWithoutKeepalive;

}  // namespace tcpdx::diagnosis
