#pragma once

#include "diagnosis/rule.h"

namespace tcpdx::diagnosis {

extern const Rule kLocalPortsRunningOut;

}  // namespace tcpdx::diagnosis
