#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <span>
#include <vector>

#include "base/kept_descriptor.h"
#include "base/owned.h"
#include "base/unique_fd.h"
#include "held_sockets.skel.h"
#include "sources/procfs/capabilities.h"
#include "sources/procfs/held_sockets.h"

namespace tcpdx::procfs {
namespace {

constexpr std::size_t kBufferBytes = 256UL * 1024;

// PROC_PID_INIT_INO of include/linux/proc_ns.h: the pid namespace of the host has a fixed number.
constexpr ino_t kHostPidNamespace = 0xEFFFFFFC;

bool in_host_pid_namespace() {
    struct stat ours {};
    return ::stat("/proc/self/ns/pid", &ours) == 0 && ours.st_ino == kHostPidNamespace;
}

// The program as it hangs in the kernel, which goes on without libbpf's view of it.
Result<UniqueFd> attach_program() {
    // libbpf explains each refusal on stderr, which belongs to the user's program.
    ::libbpf_set_print(nullptr);
    const Owned<held_sockets, held_sockets__destroy> program(held_sockets__open_and_load());
    if (!program) {
        return errno == EPERM || errno == EACCES
                   ? os_failure("loading the iterator over held sockets into the kernel")
                   : failure(ErrorCode::Unsupported, "loading the iterator over held sockets");
    }
    const Owned<bpf_link, bpf_link__destroy> link(
        ::bpf_program__attach_iter(program->progs.held_sockets, nullptr));
    if (!link) {
        return os_failure("attaching the iterator over held sockets");
    }
    UniqueFd kept(::fcntl(::bpf_link__fd(link.get()), F_DUPFD_CLOEXEC, 0));
    if (!kept) {
        return os_failure("keeping the iterator over held sockets");
    }
    return kept;
}

}  // namespace

bool may_load_iterators() {
    const Capabilities capabilities = effective_capabilities();
    const bool allowed =
        capabilities.has(Capability::SysAdmin) ||
        (capabilities.has(Capability::Bpf) && capabilities.has(Capability::PerfMon));
    return allowed && in_host_pid_namespace();
}

Result<SocketHolders> list_held_sockets() {
    // Loading reads all of the kernel's types, which costs more than a listing on a small host, and
    // whoever watches asks again and again.
    static KeptDescriptor program;
    const UniqueFd iterator(::bpf_iter_create(TRY(program.get(attach_program))));
    if (!iterator) {
        return os_failure("starting the iterator over held sockets");
    }

    SocketHolders holders(HolderMethod::BpfIterator);
    holders.set_processes_hidden(true);  // until a record says otherwise
    std::vector<std::byte> buffer(kBufferBytes);
    std::size_t waiting = 0;  // bytes of a record that is not complete yet
    while (true) {
        const ssize_t got =
            ::read(iterator.get(), buffer.data() + waiting, buffer.size() - waiting);
        if (got < 0) {
            // EAGAIN: it has visited very many descriptors without a socket, and goes on next time.
            if (errno == EAGAIN || errno == EINTR) {
                continue;
            }
            return os_failure("reading the held sockets");
        }
        if (got == 0) {
            return holders;
        }
        const std::size_t size = waiting + static_cast<std::size_t>(got);
        const std::size_t used = add_held_sockets(holders, std::span(buffer).first(size));
        waiting = size - used;
        std::copy_n(buffer.begin() + static_cast<std::ptrdiff_t>(used), waiting, buffer.begin());
    }
}

}  // namespace tcpdx::procfs
