#pragma once

#include <optional>
#include <string_view>

#include "base/result.h"
#include "sources/procfs/socket_holders.h"

namespace tcpdx::procfs {

// Opening and listing a directory costs as much as reading some links.
inline constexpr std::size_t kProcessCost = 4;

// Reads every link in /proc/PID/fd of every process. `proc` is a freshly opened directory, "/proc".
// Gives up, with nothing, once its budget is used: a descriptor costs 1, a process kProcessCost.
//
// Processes that may not be looked into are counted as unseen. Kernel threads and zombies hold no
// sockets and are not.
[[nodiscard]] Result<std::optional<SocketHolders>> walk_descriptors(int proc, std::size_t budget);

// The N of "socket:[N]". Nothing for any other link.
[[nodiscard]] std::optional<std::uint32_t> socket_inode(std::string_view link);

}  // namespace tcpdx::procfs
