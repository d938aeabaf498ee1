#pragma once

#include "diagnosis/rule.h"

namespace tcpdx::diagnosis {

extern const Rule kRfc1337Enabled;

}  // namespace tcpdx::diagnosis
