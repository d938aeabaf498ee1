#pragma once

#include "diagnosis/reach/facts.h"
#include "model/probe_report.h"

namespace tcpdx::diagnosis::reach {

// What a probe of one address says, as features. Pure: the same report gives the same facts.
[[nodiscard]] Facts client_facts(const TargetProbe& probe);

// How several attempts ended.
struct AttemptCounts {
    std::size_t at_once = 0;
    std::size_t after_repeat = 0;  // their SYN had to be sent again
    std::size_t refused = 0;       // by RST or ICMP
    std::size_t silent = 0;
    std::size_t not_sent = 0;
};
[[nodiscard]] AttemptCounts count_attempts(const std::vector<ConnectAttempt>& attempts);

}  // namespace tcpdx::diagnosis::reach
