#pragma once

#include <string>

#include "diagnosis/reach/verdict.h"
#include "model/port_watch.h"
#include "presentation/text/output.h"

namespace tcpdx {

[[nodiscard]] std::string port_watch_text(const PortWatch& watch,
                                          const diagnosis::reach::Verdict& verdict,
                                          const Screen& screen);

}  // namespace tcpdx
