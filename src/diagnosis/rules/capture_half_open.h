#pragma once

#include "diagnosis/rule.h"

namespace tcpdx::diagnosis {

extern const Rule kCaptureHalfOpen;

}  // namespace tcpdx::diagnosis
