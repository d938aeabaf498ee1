#pragma once

#include "diagnosis/rule.h"

namespace tcpdx::diagnosis {

extern const Rule kCaptureReset;

}  // namespace tcpdx::diagnosis
