#pragma once

#include "diagnosis/rule.h"

namespace tcpdx::diagnosis {

extern const Rule kPortTakenByAnother;

}  // namespace tcpdx::diagnosis
