#pragma once

#include <chrono>
#include <optional>

#include "model/connection.h"

namespace tcpdx::diagnosis {

// The sum of `doublings` waits of a timer, of which the first is `first`.
[[nodiscard]] std::chrono::milliseconds waited(std::chrono::milliseconds first, unsigned doublings);

// How long at least the retransmission or window probe timer has gone on without success, from the
// timer alone (`netstat -o`, `ss -o`), where the listing has no details of TCP. Each wait is twice
// the one before, and the running one is no shorter than what is left of it. So the first was at
// least left / 2^n after n repetitions; and a wait that is much longer than a first one ever is has
// been doubled, although old netstat and ss show no count of window probes.
[[nodiscard]] std::optional<std::chrono::milliseconds> waited_by_timer(const Timer& timer);

}  // namespace tcpdx::diagnosis
