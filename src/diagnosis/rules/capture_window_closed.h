#pragma once

#include "diagnosis/rule.h"

namespace tcpdx::diagnosis {

extern const Rule kCaptureWindowClosed;

}  // namespace tcpdx::diagnosis
