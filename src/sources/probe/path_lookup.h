#pragma once

#include <cstddef>
#include <optional>
#include <span>

#include "base/result.h"
#include "model/probe_report.h"
#include "sources/probe/kernel_address.h"

struct nlmsghdr;

namespace tcpdx::probe {

// The way out that this host has towards `target`, as `ip route get` shows it. Kind::None when
// there is none.
[[nodiscard]] Result<LocalRoute> look_up_route(const Target& target);

// What this host knows of the next hop's link-layer address; empty where a route has no next hop
// (loopback, tunnels).
[[nodiscard]] std::optional<NextHop> look_up_next_hop(const Target& target,
                                                      const LocalRoute& route);

// The payload of an RTM_NEWROUTE or RTM_NEWNEIGH message, behind its netlink header.
[[nodiscard]] std::optional<LocalRoute> parse_route(std::span<const std::byte> payload);
struct Neighbour {
    IpAddress address;
    NeighbourState state = NeighbourState::Unknown;
};
[[nodiscard]] std::optional<Neighbour> parse_neighbour(std::span<const std::byte> payload);

}  // namespace tcpdx::probe
