#pragma once

#include <vector>

#include "history/reader.h"
#include "model/observations.h"

namespace tcpdx::app {

// The connections of a host at a moment in the past, as a listing shows them. Ages, openers and
// owners are those that were watched; queues, timers and tcp_info are not kept, and absent.
struct Past {
    std::vector<Connection> connections;
    std::vector<Process> processes;
    std::vector<NetworkNamespace> namespaces;
};

// `open_now`: what whoever records knows besides, since connections that have just begun are not in
// the file yet. Empty when the file is all there is.
[[nodiscard]] Result<Past> connections_at(history::Reader& reader, history::Micros at,
                                          const std::vector<history::KeptLife>& open_now = {});

}  // namespace tcpdx::app
