#pragma once

#include "diagnosis/rule.h"

namespace tcpdx::diagnosis {

extern const Rule kEstablishedNeverAccepted;

}  // namespace tcpdx::diagnosis
