#pragma once

#include <functional>
#include <vector>

#include "base/result.h"
#include "base/unique_fd.h"
#include "model/observations.h"

namespace tcpdx::procfs {

// A network namespace, held open: it stays, and can be entered, as long as this lives.
struct OpenNamespace {
    NetworkNamespace identity;
    UniqueFd entrance;
};

struct NamespaceList {
    std::vector<OpenNamespace> namespaces;  // our own first
    std::size_t unseen_processes = 0;       // whose namespace we may not ask for
    bool processes_hidden = false;          // not even pid 1 is listed
};

// Every network namespace that a process is in, or that has a name under /run/netns. One that is
// held only by a socket, a bind mount elsewhere or an open descriptor is not found. Without
// CAP_SYS_PTRACE other users' processes are unseen.
[[nodiscard]] Result<NamespaceList> list_network_namespaces();

// Runs `work` in a thread that has entered the namespace, and waits for it. Our own thread stays
// where it is; a socket that `work` opens stays in the namespace also after. Within, use
// /proc/thread-self, never /proc/self. Needs CAP_SYS_ADMIN.
[[nodiscard]] Result<> inside_network_namespace(const UniqueFd& entrance,
                                                const std::function<Result<>()>& work);

}  // namespace tcpdx::procfs
