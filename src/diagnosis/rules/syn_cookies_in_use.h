#pragma once

#include "diagnosis/rule.h"

namespace tcpdx::diagnosis {

extern const Rule kSynCookiesInUse;

}  // namespace tcpdx::diagnosis
