#pragma once

#include "diagnosis/rule.h"

namespace tcpdx::diagnosis {

extern const Rule kCaptureIncomplete;

}  // namespace tcpdx::diagnosis
