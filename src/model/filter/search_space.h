#pragma once

#include <optional>
#include <vector>

#include "model/filter/expression.h"
#include "model/filter/operand.h"

namespace tcpdx::filter {

// A box around connections: all of its limits hold for what is in it.
struct SearchArea {
    StateSet states = StateSet::all();
    std::optional<IpFamily> family;  // of the socket
    PortRange local_port;
    PortRange remote_port;
    std::optional<IpPrefix> local;
    std::optional<IpPrefix> remote;

    // With the meaning that the conditions have: 10.0.0.0/8 also holds for ::ffff:10.1.2.3, while a
    // prefix that is IPv6 itself never holds for an IPv4 socket.
    [[nodiscard]] bool contains(const Connection& connection) const;
};

// Where everything that a filter lets through can be found: in one of these areas. Meant for the
// kernel, which can leave out states, ports and addresses while it dumps. At most too wide, so the
// filter itself still has to be asked.
struct SearchSpace {
    std::vector<SearchArea> any_of;  // none: nothing can match

    [[nodiscard]] bool contains(const Connection& connection) const;
    // One area around them all; nothing when there is none.
    [[nodiscard]] std::optional<SearchArea> box() const;
};

[[nodiscard]] SearchSpace search_space_of(const Expression& filter);

}  // namespace tcpdx::filter
