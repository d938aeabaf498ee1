#include "sources/trace/program_setup.h"

#include <bpf/libbpf.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cstring>

#include "base/i18n.h"
#include "sources/trace/bpf/trace_record.h"
#include "sources/trace/kernel_symbols.h"
#include "tcp_trace.skel.h"

namespace tcpdx::trace {
namespace {

struct Part {
    bpf_program* program;
    const char* tracepoint;
    int arguments;  // at least
    Message what;   // this kernel does not show
};

std::vector<Part> details_of(const tcp_trace& skeleton) {
    const auto& programs = skeleton.progs;
    return {
        {programs.on_receive,
         "tcp_rcv_space_adjust",
         1,
         {N_("the owners of accepted connections, before they close.")}},
        {programs.on_send,
         "sock_send_length",
         3,
         {N_("the owners of accepted connections that only send, before they close.")}},
        {programs.on_destroy,
         "tcp_destroy_sock",
         1,
         {N_("when a program closes a socket whose connection has already ended.")}},
        {programs.on_retransmission,
         "tcp_retransmit_skb",
         2,
         {N_("retransmissions as they happen.")}},
        {programs.on_syn_ack_repeated,
         "tcp_retransmit_synack",
         2,
         {N_("repeated SYN+ACKs of a fast open.")}},
        {programs.on_error,
         "inet_sk_error_report",
         1,
         {N_("errors as they are reported to programs.")}},
        {programs.on_reset_received, "tcp_receive_reset", 1, {N_("received resets.")}},
        {programs.on_reset_sent, "tcp_send_reset", 2, {N_("sent resets.")}},
        {programs.on_drop, "kfree_skb", 3, {N_("dropped packets with the kernel's reason.")}},
    };
}

Message kernel_lacks(const char* tracepoint) {
    return {N_("This kernel does not have the tracepoint {0}."), {std::string(tracepoint)}};
}

// A 256th of the memory, as the kernel wants it: a power of two.
std::uint32_t ring_bytes(std::uint32_t most) {
    constexpr std::uint64_t kLeast = 1U << 20U;
    const long pages = ::sysconf(_SC_PHYS_PAGES);
    const long page = ::sysconf(_SC_PAGESIZE);
    const std::uint64_t wanted = pages > 0 && page > 0 ? static_cast<std::uint64_t>(pages) / 256 *
                                                             static_cast<std::uint64_t>(page)
                                                       : kLeast;
    return static_cast<std::uint32_t>(
        std::bit_floor(std::clamp(wanted, kLeast, std::max<std::uint64_t>(most, kLeast))));
}

void write_prefix(const std::optional<IpPrefix>& prefix, __u64 (&words)[2], __u64 (&masks)[2]) {
    if (!prefix) {
        return;
    }
    std::uint8_t mask[16] = {};
    std::uint8_t bytes[16] = {};
    for (int i = 0; i < 16; ++i) {
        const int bits = std::clamp(prefix->bits - i * 8, 0, 8);
        mask[i] = static_cast<std::uint8_t>(0xff00U >> static_cast<unsigned>(bits));
        bytes[i] = static_cast<std::uint8_t>(prefix->address.bytes.at(static_cast<std::size_t>(i)) &
                                             mask[i]);
    }
    std::memcpy(masks, mask, sizeof(mask));
    std::memcpy(words, bytes, sizeof(bytes));
}

trace_area area_of(const filter::SearchArea& wanted) {
    trace_area area{};
    write_prefix(wanted.local, area.local_prefix, area.local_mask);
    write_prefix(wanted.remote, area.remote_prefix, area.remote_mask);
    area.lowest_local_port = wanted.local_port.first;
    area.highest_local_port = wanted.local_port.last;
    area.lowest_remote_port = wanted.remote_port.first;
    area.highest_remote_port = wanted.remote_port.last;
    if (wanted.family) {
        area.family = *wanted.family == IpFamily::V4 ? AF_INET : AF_INET6;
    }
    return area;
}

void choose_timers(tcp_trace& skeleton, const KernelFeatures& kernel, Extent extent,
                   ProgramSetup& setup) {
    TimerHandlers handlers;
    const bool there = kernel.arguments_of("timer_start") > 0 &&
                       kernel.arguments_of("timer_cancel") > 0 &&
                       kernel.arguments_of("timer_expire_entry") > 0;
    if (there && extent != Extent::ChangesOnly) {
        if (const auto found = find_timer_handlers()) {
            handlers.request = kernel.request_has_timer ? found->request : 0;
            handlers.time_wait = kernel.time_wait_has_timer ? found->time_wait : 0;
        }
    }
    skeleton.rodata->request_handler = handlers.request;
    skeleton.rodata->time_wait_handler = handlers.time_wait;
    setup.sees_requests = handlers.request != 0;
    setup.sees_time_wait = handlers.time_wait != 0;
    const bool any = setup.sees_requests || setup.sees_time_wait;
    for (bpf_program* program : {skeleton.progs.on_timer_start, skeleton.progs.on_timer_expire,
                                 skeleton.progs.on_timer_cancel}) {
        ::bpf_program__set_autoload(program, any);
    }
    ::bpf_program__set_autoload(skeleton.progs.on_late_fin,
                                setup.sees_time_wait && kernel.arguments_of("kfree_skb") >= 4);
    const Message remedy{
        N_("The kernel's timer tracepoints, or the addresses of its timer handlers in "
           "/proc/kallsyms, are not there.")};
    if (!setup.sees_requests) {
        setup.missing.push_back({{N_("half-open connections (SYN-RECEIVED).")}, remedy});
    }
    if (!setup.sees_time_wait) {
        setup.missing.push_back(
            {{N_("how long TIME-WAIT, and FIN-WAIT-2 without an owner, really last.")}, remedy});
    }
}

// In a container process ids are numbered anew; the kernel translates those of our namespace.
void choose_pid_namespace(tcp_trace& skeleton) {
    // PROC_PID_INIT_INO of include/linux/proc_ns.h: that of the host has a fixed number.
    constexpr ino_t kHost = 0xEFFFFFFC;
    struct stat ours {};
    if (::stat("/proc/self/ns/pid", &ours) == 0 && ours.st_ino != kHost) {
        skeleton.rodata->pid_namespace_device = ours.st_dev;
        skeleton.rodata->pid_namespace_inode = ours.st_ino;
    }
}

}  // namespace

ProgramSetup set_up(tcp_trace& skeleton, const KernelFeatures& kernel,
                    const TracerSettings& settings, Extent extent) {
    ProgramSetup setup;
    auto& constants = *skeleton.rodata;
    constants.reset_has_reason = kernel.arguments_of("tcp_send_reset") >= 3 ? 1 : 0;
    constants.retransmit_has_error = kernel.arguments_of("tcp_retransmit_skb") >= 3 ? 1 : 0;
    const auto& drops = kernel.reasons.drops;
    const auto purge = std::find(drops.begin(), drops.end(), "QUEUE_PURGE");
    constants.reason_queue_purge =
        purge == drops.end() ? 0 : static_cast<std::uint32_t>(purge - drops.begin());
    constants.only_namespace = settings.network_namespace.value_or(0);
    if (settings.areas.size() <= TRACE_MOST_AREAS) {
        constants.area_count = static_cast<std::uint32_t>(settings.areas.size());
        for (std::size_t i = 0; i < settings.areas.size(); ++i) {
            const trace_area area = area_of(settings.areas[i]);
            std::memcpy(&constants.areas[i], &area, sizeof(area));
        }
    }
    const std::uint32_t bytes = ring_bytes(settings.most_ring_bytes);
    ::bpf_map__set_max_entries(skeleton.maps.records, bytes);
    constants.most_bytes_for_details = std::uint64_t{bytes} / 4 * 3;

    choose_pid_namespace(skeleton);
    choose_timers(skeleton, kernel, extent, setup);
    for (const Part& part : details_of(skeleton)) {
        const bool there = kernel.arguments_of(part.tracepoint) >= part.arguments;
        ::bpf_program__set_autoload(part.program, there && extent == Extent::Everything);
        if (!there) {
            setup.missing.push_back({part.what, kernel_lacks(part.tracepoint)});
        } else if (extent != Extent::Everything) {
            setup.missing.push_back(
                {part.what, {N_("This kernel refused the program that watches for it.")}});
        }
    }
    return setup;
}

}  // namespace tcpdx::trace
