#pragma once

#include "base/result.h"
#include "base/unique_fd.h"
#include "model/observations.h"

namespace tcpdx::procfs {

// Reads what /proc/PID tells about single processes.
class ProcessReader {
public:
    [[nodiscard]] static Result<ProcessReader> open(const char* proc = "/proc");

    // Fills in the name (when it is empty), command line, uid, unit and descriptor limit of the
    // process with this pid. What may not be read stays empty: of another user's process that is
    // the limit. Reads four files, about 40 us, so ask about the processes that will be shown.
    void fill(Process& process) const;

    // Fills in `open_descriptors`. Before Linux 6.2 this lists the whole directory.
    void count_descriptors(Process& process) const;

private:
    explicit ProcessReader(UniqueFd proc) : proc_(std::move(proc)) {}

    UniqueFd proc_;
};

// False for kernel threads and zombies. Costs a file, so ask about processes that may not be looked
// into. `proc` is the open directory "/proc".
[[nodiscard]] bool can_hold_sockets(int proc, int pid);

}  // namespace tcpdx::procfs
