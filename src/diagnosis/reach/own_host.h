#pragma once

#include "diagnosis/reach/verdict.h"
#include "model/port_watch.h"
#include "model/probe_report.h"

namespace tcpdx::diagnosis::reach {

// The verdict of a client that probes an address of its own host, and so has seen both ends.
//
// An own address need not lead to this host's own sockets: a port mapping passes what is sent to it
// on to a container, whose sockets and counters are its own. So the server's side only counts when
// something shows that the SYN arrived here.
[[nodiscard]] Verdict judge_own_host(const TargetProbe& probe, const PortWatch& watch);

}  // namespace tcpdx::diagnosis::reach
