#pragma once

#include "diagnosis/rule.h"

namespace tcpdx::diagnosis {

extern const Rule kEstablishedMany;

}  // namespace tcpdx::diagnosis
