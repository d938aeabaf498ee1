#pragma once

#include "diagnosis/rule.h"

namespace tcpdx::diagnosis {

extern const Rule kCloseWaitUnread;

}  // namespace tcpdx::diagnosis
