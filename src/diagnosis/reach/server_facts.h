#pragma once

#include "diagnosis/reach/facts.h"
#include "model/port_watch.h"

namespace tcpdx::diagnosis::reach {

// What a server saw of a client's attempts, as features. Counters are of the whole host: a rise is
// put down to this client only when it is as large as the number of its SYNs.
//
// `server` is the address that the client tried, when that is known.
[[nodiscard]] Facts server_facts(const PortWatch& watch, std::optional<IpAddress> server);

}  // namespace tcpdx::diagnosis::reach
