#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "base/result.h"
#include "model/observations.h"
#include "sources/procfs/socket_holders.h"

namespace tcpdx::app {

// What more than one command may have to say that it could not look at.

// Without netlink: the same sockets from /proc/net/tcp, with less to tell.
[[nodiscard]] Unseen what_netlink_would_tell(const Error& refused);
[[nodiscard]] Unseen unreadable_sockets(std::size_t count);
[[nodiscard]] Unseen network_namespace_not_entered(const std::string& name);
// Processes that may hold sockets.
[[nodiscard]] std::vector<Unseen> unseen_processes(const procfs::SocketHolders& holders);

}  // namespace tcpdx::app
