#pragma once

#include <string>

#include "diagnosis/reach/join.h"
#include "presentation/text/output.h"

namespace tcpdx {

[[nodiscard]] std::string conclusion_text(const diagnosis::reach::Joined& joined,
                                          const Screen& screen);

}  // namespace tcpdx
