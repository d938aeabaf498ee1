#pragma once

#include "diagnosis/rule.h"

namespace tcpdx::diagnosis {

extern const Rule kTcpMd5Mismatch;

}  // namespace tcpdx::diagnosis
