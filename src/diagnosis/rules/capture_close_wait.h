#pragma once

#include "diagnosis/rule.h"

namespace tcpdx::diagnosis {

extern const Rule kCaptureCloseWait;

}  // namespace tcpdx::diagnosis
