#pragma once

#include <string>
#include <vector>

#include "model/host_now.h"

namespace tcpdx {

// Schema "tcpdx.now/1", described in docs/api/openapi.json, on one line. `findings` is a list in
// JSON that was written before, and not looked at again each second; `findings_at` 0 when there was
// no look yet.
[[nodiscard]] std::string now_json(const HostNow& now, const std::vector<Unseen>& unseen,
                                   std::chrono::microseconds findings_at,
                                   const std::string& findings);

}  // namespace tcpdx
