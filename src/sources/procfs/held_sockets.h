#pragma once

#include <cstddef>
#include <span>

#include "base/result.h"
#include "sources/procfs/socket_holders.h"

namespace tcpdx::procfs {

// False when loading is bound to be refused (no CAP_BPF and CAP_PERFMON), when this build has no
// BPF, or when we are in a pid namespace of our own: an iterator gives the host's pids, which mean
// something else in our /proc.
[[nodiscard]] bool may_load_iterators();

// Asks the kernel, through a BPF program (iter/task_file), for every descriptor on the host that
// holds a TCP socket. Unsupported when the kernel or this build cannot.
[[nodiscard]] Result<SocketHolders> list_held_sockets();

// Adds the whole records (held_socket_event) in `bytes`, and returns how many bytes they were. They
// also say whether processes are hidden, so set that before the first ones.
std::size_t add_held_sockets(SocketHolders& holders, std::span<const std::byte> bytes);

}  // namespace tcpdx::procfs
