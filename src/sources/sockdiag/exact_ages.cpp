#include "sources/sockdiag/exact_ages.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <vector>

#include "base/kept_descriptor.h"
#include "base/owned.h"
#include "base/unique_fd.h"
#include "socket_ages.skel.h"
#include "sources/sockdiag/bpf/socket_age_record.h"

namespace tcpdx::sockdiag {
namespace {

constexpr std::size_t kReadBytes = 64UL * 1024;

int be_silent(libbpf_print_level /*level*/, const char* /*format*/, va_list /*arguments*/) {
    return 0;  // what went wrong is in the Result
}

Result<ExactAges> read_records(const UniqueFd& iterator) {
    ExactAges ages;
    std::vector<std::byte> buffer(kReadBytes);
    std::size_t kept = 0;  // of a record that the last read cut
    for (;;) {
        const ssize_t received = ::read(iterator.get(), buffer.data() + kept, buffer.size() - kept);
        if (received < 0) {
            if (errno == EINTR || errno == EAGAIN) {
                continue;
            }
            return os_failure("reading the TCP iterator");
        }
        if (received == 0) {
            return ages;
        }
        const std::size_t filled = kept + static_cast<std::size_t>(received);
        std::size_t at = 0;
        for (; filled - at >= sizeof(socket_age_record); at += sizeof(socket_age_record)) {
            socket_age_record record{};
            std::memcpy(&record, buffer.data() + at, sizeof(record));
            ages.emplace(record.cookie, record.age_ms);
        }
        kept = filled - at;
        std::memmove(buffer.data(), buffer.data() + at, kept);
    }
}

// The program as it hangs in the kernel, which goes on without libbpf's view of it.
Result<UniqueFd> attach_program() {
    libbpf_set_print(be_silent);
    const Owned<socket_ages, socket_ages__destroy> program(socket_ages__open_and_load());
    if (!program) {
        return errno == EPERM || errno == EACCES
                   ? os_failure("loading the socket age iterator into the kernel")
                   : failure(ErrorCode::Unsupported, "loading the socket age iterator");
    }
    const Owned<bpf_link, bpf_link__destroy> link(
        bpf_program__attach_iter(program->progs.write_socket_ages, nullptr));
    if (!link) {
        return os_failure("attaching the socket age iterator");
    }
    UniqueFd kept(::fcntl(bpf_link__fd(link.get()), F_DUPFD_CLOEXEC, 0));
    if (!kept) {
        return os_failure("keeping the socket age iterator");
    }
    return kept;
}

}  // namespace

Result<ExactAges> read_exact_ages() {
    // Loading reads all of the kernel's types, which costs more than the ages themselves, and
    // whoever watches asks again and again.
    static KeptDescriptor program;
    const UniqueFd iterator(::bpf_iter_create(TRY(program.get(attach_program))));
    if (!iterator) {
        return os_failure("opening the socket age iterator");
    }
    return read_records(iterator);
}

}  // namespace tcpdx::sockdiag
