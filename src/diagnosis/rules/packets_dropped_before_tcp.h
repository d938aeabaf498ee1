#pragma once

#include "diagnosis/rule.h"

namespace tcpdx::diagnosis {

extern const Rule kPacketsDroppedBeforeTcp;

}  // namespace tcpdx::diagnosis
