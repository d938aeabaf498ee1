#pragma once

#include "diagnosis/rule.h"

namespace tcpdx::diagnosis {

extern const Rule kCaptureSynUnanswered;

}  // namespace tcpdx::diagnosis
