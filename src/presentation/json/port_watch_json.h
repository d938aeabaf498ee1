#pragma once

#include <string>

#include "diagnosis/reach/verdict.h"
#include "model/port_watch.h"

namespace tcpdx {

// Schema "tcpdx.port-watch/1", described in docs/json.md: what a server saw of one client, for
// `tcpdx conclude`.
[[nodiscard]] std::string port_watch_json(const PortWatch& watch,
                                          const diagnosis::reach::Verdict& verdict);

}  // namespace tcpdx
