#pragma once

#include "model/connection.h"

namespace tcpdx::diagnosis {

// Whether both ends are on this host for certain. Then there is no way in between: no router, no
// NAT, no other host that could be off.
[[nodiscard]] inline bool within_this_host(const Connection& connection) {
    // Nothing but this host is reached from a loopback address, whatever name the other end has.
    return connection.remote.address.is_loopback() || connection.local.address.is_loopback() ||
           connection.remote.address.same_host(connection.local.address);
}

}  // namespace tcpdx::diagnosis
