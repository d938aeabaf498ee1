#pragma once

#include "diagnosis/rule.h"

namespace tcpdx::diagnosis {

extern const Rule kSynSentStuck;

}  // namespace tcpdx::diagnosis
