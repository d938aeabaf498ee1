#pragma once

#include "diagnosis/rule.h"

namespace tcpdx::diagnosis {

extern const Rule kDataUnread;

}  // namespace tcpdx::diagnosis
