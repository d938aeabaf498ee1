#pragma once

#include "diagnosis/rule.h"

namespace tcpdx::diagnosis {

extern const Rule kCaptureRefused;

}  // namespace tcpdx::diagnosis
