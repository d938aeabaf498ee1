#include "sources/trace/tracer.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include <algorithm>

#include "base/owned.h"
#include "sources/trace/bpf/trace_record.h"
#include "sources/trace/decode.h"
#include "sources/trace/event_ring.h"
#include "sources/trace/kernel_btf.h"
#include "sources/trace/program_setup.h"
#include "tcp_trace.skel.h"

namespace tcpdx::trace {

struct Tracer::State {
    KernelFeatures kernel;
    std::vector<ResetCause> reset_causes;
    ProgramSetup setup;
    std::size_t unreadable = 0;
    std::size_t cpus = 1;
    Owned<tcp_trace, tcp_trace__destroy> program;
    std::optional<EventRing> ring;
};

namespace {

// 0, or errno.
int load(Tracer::State& state, const TracerSettings& settings, Extent extent) {
    state.program.reset(tcp_trace__open());
    if (!state.program) {
        return errno;
    }
    state.setup = set_up(*state.program, state.kernel, settings, extent);
    const int failed = tcp_trace__load(state.program.get());
    return failed < 0 ? -failed : 0;
}

// Events that the kernel skipped because the program was interrupted by itself on the same CPU.
std::uint64_t skipped(const bpf_program* program) {
    bpf_prog_info info{};
    std::uint32_t size = sizeof(info);
    const int fd = ::bpf_program__fd(program);
    return fd >= 0 && ::bpf_obj_get_info_by_fd(fd, &info, &size) == 0 ? info.recursion_misses : 0;
}

}  // namespace

Result<Tracer> Tracer::attach(const TracerSettings& settings) {
    // libbpf explains each refusal on stderr, which belongs to the user's program.
    ::libbpf_set_print(nullptr);
    auto state = std::make_unique<State>();
    state->kernel = TRY(read_kernel_features());
    state->reset_causes = reset_causes_of(state->kernel.reasons);
    if (state->kernel.arguments_of("inet_sock_set_state") < 3) {
        return failure(ErrorCode::Unsupported, "looking for the tracepoint inet_sock_set_state");
    }
    for (const Extent extent :
         {Extent::Everything, Extent::ChangesAndTimers, Extent::ChangesOnly}) {
        errno = load(*state, settings, extent);
        if (errno == 0) {
            break;
        }
        if (errno == EPERM || errno == EACCES) {
            // EACCES is also the verifier's, who refuses one program after another; what has no
            // right to load anything gets EPERM each time.
            if (errno == EPERM || extent == Extent::ChangesOnly) {
                return os_failure("loading the tracer into the kernel");
            }
            continue;
        }
        if (extent == Extent::ChangesOnly) {
            return failure(ErrorCode::Unsupported, "loading the tracer into the kernel");
        }
    }
    if (tcp_trace__attach(state->program.get()) != 0) {
        return os_failure("attaching the tracer");
    }
    const bpf_map* records = state->program->maps.records;
    state->ring = TRY(EventRing::map(::bpf_map__fd(records), ::bpf_map__max_entries(records)));
    const int cpus = ::libbpf_num_possible_cpus();
    state->cpus = static_cast<std::size_t>(std::clamp(cpus, 1, TRACE_MOST_CPUS));
    return Tracer(std::move(state));
}

Tracer::Tracer(std::unique_ptr<State> state) : state_(std::move(state)) {}
Tracer::Tracer(Tracer&&) noexcept = default;
Tracer& Tracer::operator=(Tracer&&) noexcept = default;
Tracer::~Tracer() = default;

Result<std::size_t> Tracer::drain(const std::function<void(const Event&)>& on_event) {
    return state_->ring->consume([&](std::span<const std::byte> record) {
        if (const auto event = decode(record, state_->reset_causes)) {
            on_event(*event);
        } else {
            ++state_->unreadable;
        }
    });
}

Losses Tracer::losses() const {
    Losses losses;
    losses.unreadable = state_->unreadable;
    for (std::size_t cpu = 0; cpu < state_->cpus; ++cpu) {
        const trace_losses& here = state_->program->bss->losses[cpu];
        losses.changes += here.changes;
        losses.details += here.details;
        losses.per_cpu.push_back(here.changes + here.details);
    }
    const auto& programs = state_->program->progs;
    for (const bpf_program* each : {programs.on_state, programs.on_timer_start,
                                    programs.on_timer_expire, programs.on_timer_cancel}) {
        losses.skipped += skipped(each);
    }
    return losses;
}

const ReasonNames& Tracer::reasons() const {
    return state_->kernel.reasons;
}

const std::vector<Unseen>& Tracer::missing() const {
    return state_->setup.missing;
}

bool Tracer::sees_requests() const {
    return state_->setup.sees_requests;
}

bool Tracer::sees_time_wait() const {
    return state_->setup.sees_time_wait;
}

}  // namespace tcpdx::trace
