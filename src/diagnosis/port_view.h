#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "diagnosis/rule.h"

namespace tcpdx::diagnosis {

// The server's side of one port: what an administrator looks at first when "8080 times out".
struct PortView {
    std::uint16_t port = 0;
    std::vector<std::uint32_t> listeners;  // indexes into Observations::connections
    std::array<std::size_t, kAllTcpStates.size()> state_counts{};  // of connections to this port
    std::size_t never_accepted = 0;
    // Since the earlier look; empty without one.
    std::optional<std::size_t> new_connections;  // still listed; more may have come and gone
    std::optional<std::size_t> new_half_open;
    // SYNs that these listeners refused; empty too where one of them does not say.
    std::optional<std::uint64_t> drops_by_listeners;
    // Counters of the whole network namespace that say what becomes of SYNs, as {name, increase}.
    // Those that did not move are in it too: "+0" is an answer.
    std::vector<std::pair<std::string, std::uint64_t>> counter_increases;
};

[[nodiscard]] PortView view_port(const Situation& situation, std::uint16_t port);

}  // namespace tcpdx::diagnosis
