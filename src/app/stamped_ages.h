#pragma once

#include <cstddef>

#include "model/connection.h"

namespace tcpdx::app {

// Whether the kernel may stamp when this socket came into its state (sockdiag/exact_ages.h).
[[nodiscard]] inline bool is_stamped(const Connection& connection) {
    return connection.kind != SocketKind::Full || connection.state == TcpState::SynSent;
}

// Reading stamps costs as much again as the dump. Among very many TIME-WAIT sockets no single age
// matters, and the estimate is good to some 20 ms anyway.
constexpr std::size_t kMostStampsWorthReading = 20'000;

}  // namespace tcpdx::app
