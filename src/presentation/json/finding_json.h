#pragma once

#include <nlohmann/json.hpp>
#include <vector>

#include "diagnosis/finding.h"
#include "model/observations.h"

namespace tcpdx {

// As every schema writes them.
[[nodiscard]] nlohmann::ordered_json messages_json(const std::vector<Message>& texts);
[[nodiscard]] nlohmann::ordered_json socket_json(const Observations& seen,
                                                 const Connection& connection);
// A leak can have 100,000 sockets: the count is exact, the list shows the worst.
[[nodiscard]] nlohmann::ordered_json finding_json(const Observations& seen,
                                                  const diagnosis::Finding& finding,
                                                  std::size_t most_sockets = 100);

}  // namespace tcpdx
