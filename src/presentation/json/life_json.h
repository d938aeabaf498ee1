#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string_view>

#include "model/trace/life.h"

namespace tcpdx {

// Seconds since 1970, with a fraction of microseconds.
[[nodiscard]] double unix_seconds(std::chrono::nanoseconds since_epoch);

// One end of a connection, as docs/api/openapi.json describes a Life. Times of its steps are since
// 1970; `now` closes the last state of one that is open. What is not known is absent.
[[nodiscard]] nlohmann::ordered_json life_json(const trace::Life& life, trace::Time now,
                                               std::string_view reset_reason,
                                               std::string_view namespace_name = {});

// What the other end of a connection can be in, seen from this end's state: RFC 9293, 3.3.2. Empty
// for a listener, which has none.
[[nodiscard]] std::vector<TcpState> possible_at_peer(TcpState state);

}  // namespace tcpdx
