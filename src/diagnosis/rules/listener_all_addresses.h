#pragma once

#include "diagnosis/rule.h"

namespace tcpdx::diagnosis {

extern const Rule kListenerAllAddresses;

}  // namespace tcpdx::diagnosis
