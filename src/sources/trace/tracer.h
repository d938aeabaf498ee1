#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "base/result.h"
#include "model/filter/search_space.h"
#include "model/observations.h"
#include "model/trace/event.h"

namespace tcpdx::trace {

// TRACE_MOST_AREAS of bpf/trace_record.h.
inline constexpr std::size_t kMostAreas = 4;

struct TracerSettings {
    // Only this network namespace, by inode; else all of the host.
    std::optional<std::uint32_t> network_namespace;
    // Only connections in one of these areas, kMostAreas at most; empty for all. The kernel checks
    // ports, addresses and family; states are left to the caller.
    std::vector<filter::SearchArea> areas;
    // At most, of the ring buffer. 280,000 records fit into this.
    std::uint32_t most_ring_bytes = 1U << 25U;
};

// What did not reach us.
struct Losses {
    std::uint64_t changes = 0;
    std::uint64_t details = 0;
    // Changes that the kernel did not show because it was interrupted while it showed another one.
    // Of all namespaces and connections: whether one was wanted, nobody knows.
    std::uint64_t skipped = 0;
    std::vector<std::uint64_t> per_cpu;  // changes and details
    std::size_t unreadable = 0;          // records that did not decode
};

// Watches TCP on this host through eBPF, from attach() until it is destroyed; the kernel takes it
// out by itself when the process dies.
class Tracer {
public:
    // PermissionDenied without CAP_BPF and CAP_PERFMON; Unsupported where the kernel lacks BTF or
    // the tracepoint of state changes, is older than 5.12, or this program was built without BPF.
    [[nodiscard]] static Result<Tracer> attach(const TracerSettings& settings);

    Tracer(const Tracer&) = delete;
    Tracer& operator=(const Tracer&) = delete;
    Tracer(Tracer&&) noexcept;
    Tracer& operator=(Tracer&&) noexcept;
    ~Tracer();

    // Hands over every event that waits, in the order in which they happened, and says how many.
    // To be called every few milliseconds: the kernel does not wake us up.
    [[nodiscard]] Result<std::size_t> drain(const std::function<void(const Event&)>& on_event);

    [[nodiscard]] Losses losses() const;
    [[nodiscard]] const ReasonNames& reasons() const;
    // What this kernel does not show.
    [[nodiscard]] const std::vector<Unseen>& missing() const;
    [[nodiscard]] bool sees_requests() const;
    [[nodiscard]] bool sees_time_wait() const;

    struct State;  // private in all but name: functions of tracer.cpp take it

private:
    explicit Tracer(std::unique_ptr<State> state);

    std::unique_ptr<State> state_;
};

}  // namespace tcpdx::trace
