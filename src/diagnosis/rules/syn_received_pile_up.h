#pragma once

#include "diagnosis/rule.h"

namespace tcpdx::diagnosis {

extern const Rule kSynReceivedPileUp;

}  // namespace tcpdx::diagnosis
