#pragma once

// The state diagram of RFC 9293, figure 5, in text, with the number of sockets in each state now.
// What is on its arrows comes from the table in model/transitions.h.

#include <array>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "model/observations.h"
#include "model/tcp_state.h"
#include "presentation/text/output.h"

namespace tcpdx {

// Sockets per state, in the order of kAllTcpStates. Empty: not counted.
using StateCounts = std::array<std::optional<std::size_t>, kAllTcpStates.size()>;

[[nodiscard]] StateCounts count_states(const Observations& seen);

// 80 columns; and, below it, the transitions that are not drawn.
[[nodiscard]] std::string state_diagram(const StateCounts& counts, const Screen& screen,
                                        bool unicode);
[[nodiscard]] std::string transitions_not_drawn(const Screen& screen, bool unicode);

struct DrawnArrow {
    TcpState from;
    TcpState to;
};
// For the test that holds the drawing against the table.
[[nodiscard]] std::vector<DrawnArrow> drawn_arrows();

}  // namespace tcpdx
