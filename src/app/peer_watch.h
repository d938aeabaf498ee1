#pragma once

#include <chrono>

#include "app/command.h"
#include "base/result.h"
#include "model/port_watch.h"

namespace tcpdx::app {

struct PeerWatchRequest {
    std::uint16_t port = 0;
    IpAddress peer;
    std::chrono::milliseconds duration{0};
    bool json = false;
};

// `tcpdx diagnose :PORT --for SECONDS --from-peer ADDR`: the server's half of "the port does not
// answer". Watches whether this client's SYNs arrive and what becomes of them, and gives the exit
// status: 0 its connections are taken, 2 they are not, 3 nothing of it was seen.
[[nodiscard]] int watch_peer(const PeerWatchRequest& request, const Context& context);

}  // namespace tcpdx::app
