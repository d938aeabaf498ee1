#pragma once

// Which routers answer that a packet for the target's port ran out of hops: a traceroute with
// ordinary connect() calls, so without privilege.
//
// Linux answers that before its FORWARD rules: being listed says nothing about forwarding. But a
// route that is a blackhole, or none, comes even before; such a hop is missing here while it
// answers for other destinations.

#include <chrono>
#include <functional>
#include <vector>

#include "model/probe_report.h"
#include "sources/probe/connect_attempt.h"

namespace tcpdx::probe {

// Routers answer about one ICMP error a second to a host (Linux: icmp_ratelimit).
inline constexpr std::chrono::milliseconds kIcmpSpacing(1150);

// Asks the router so many hops away, and takes kIcmpSpacing for it, answer or not.
[[nodiscard]] PathHop ask_hop(const Target& target, int distance, const Stop& stop);

class PathWalk {
public:
    PathWalk(const Target& target, const Stop& stop, std::function<void(int)> on_hop)
        : target_(target), stop_(stop), on_hop_(std::move(on_hop)) {}

    // Until the target answers, the hops repeat themselves, or several in a row are silent.
    [[nodiscard]] std::vector<PathHop> run();

private:
    Target target_;
    const Stop& stop_;
    std::function<void(int)> on_hop_;
};

// An address that belongs to nobody (RFC 5737, RFC 3849).
[[nodiscard]] IpAddress documentation_address(IpFamily family);

}  // namespace tcpdx::probe
