#pragma once

#include "diagnosis/rule.h"

namespace tcpdx::diagnosis {

extern const Rule kListenerLoopbackOnly;

}  // namespace tcpdx::diagnosis
