#pragma once

#include "diagnosis/rule.h"

namespace tcpdx::diagnosis {

extern const Rule kCaptureRetransmissions;

}  // namespace tcpdx::diagnosis
