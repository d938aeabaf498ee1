#include "sources/procfs/kernel_options.h"

#include <fcntl.h>

#include <array>

#include "base/words.h"
#include "sources/procfs/proc_file.h"

namespace tcpdx::procfs {
namespace {

constexpr std::array kOptions{
    "fs.file-max",
    "fs.file-nr",
    "fs.nr_open",
    "net.core.default_qdisc",
    "net.core.netdev_budget",
    "net.core.netdev_budget_usecs",
    "net.core.netdev_max_backlog",
    "net.core.optmem_max",
    "net.core.rmem_default",
    "net.core.rmem_max",
    "net.core.somaxconn",
    "net.core.wmem_default",
    "net.core.wmem_max",
    "net.ipv4.ip_autobind_reuse",
    "net.ipv4.ip_default_ttl",
    "net.ipv4.ip_forward",
    "net.ipv4.ip_local_port_range",
    "net.ipv4.ip_local_reserved_ports",
    "net.ipv4.ip_no_pmtu_disc",
    "net.ipv4.ip_nonlocal_bind",
    "net.ipv4.ip_unprivileged_port_start",
    "net.ipv4.neigh.default.gc_thresh1",
    "net.ipv4.neigh.default.gc_thresh2",
    "net.ipv4.neigh.default.gc_thresh3",
    "net.ipv4.tcp_abort_on_overflow",
    "net.ipv4.tcp_adv_win_scale",
    "net.ipv4.tcp_allowed_congestion_control",
    "net.ipv4.tcp_available_congestion_control",
    "net.ipv4.tcp_base_mss",
    "net.ipv4.tcp_challenge_ack_limit",
    "net.ipv4.tcp_congestion_control",
    "net.ipv4.tcp_dsack",
    "net.ipv4.tcp_early_retrans",
    "net.ipv4.tcp_ecn",
    "net.ipv4.tcp_ecn_fallback",
    "net.ipv4.tcp_ehash_entries",
    "net.ipv4.tcp_fastopen",
    "net.ipv4.tcp_fin_timeout",
    "net.ipv4.tcp_frto",
    "net.ipv4.tcp_invalid_ratelimit",
    "net.ipv4.tcp_keepalive_intvl",
    "net.ipv4.tcp_keepalive_probes",
    "net.ipv4.tcp_keepalive_time",
    "net.ipv4.tcp_limit_output_bytes",
    "net.ipv4.tcp_low_latency",
    "net.ipv4.tcp_max_orphans",
    "net.ipv4.tcp_max_syn_backlog",
    "net.ipv4.tcp_max_tw_buckets",
    "net.ipv4.tcp_mem",
    "net.ipv4.tcp_migrate_req",
    "net.ipv4.tcp_min_snd_mss",
    "net.ipv4.tcp_moderate_rcvbuf",
    "net.ipv4.tcp_mtu_probing",
    "net.ipv4.tcp_no_metrics_save",
    "net.ipv4.tcp_notsent_lowat",
    "net.ipv4.tcp_orphan_retries",
    "net.ipv4.tcp_recovery",
    "net.ipv4.tcp_reordering",
    "net.ipv4.tcp_retries1",
    "net.ipv4.tcp_retries2",
    "net.ipv4.tcp_rfc1337",
    "net.ipv4.tcp_rmem",
    "net.ipv4.tcp_rto_max_ms",
    "net.ipv4.tcp_rto_min_us",
    "net.ipv4.tcp_sack",
    "net.ipv4.tcp_shrink_window",
    "net.ipv4.tcp_slow_start_after_idle",
    "net.ipv4.tcp_stdurg",
    "net.ipv4.tcp_syn_linear_timeouts",
    "net.ipv4.tcp_syn_retries",
    "net.ipv4.tcp_synack_retries",
    "net.ipv4.tcp_syncookies",
    "net.ipv4.tcp_thin_linear_timeouts",
    "net.ipv4.tcp_timestamps",
    "net.ipv4.tcp_tw_recycle",  // gone since Linux 4.12: absent unless somebody patched it back
    "net.ipv4.tcp_tw_reuse",
    "net.ipv4.tcp_tw_reuse_delay",
    "net.ipv4.tcp_window_scaling",
    "net.ipv4.tcp_wmem",
    "net.ipv6.bindv6only",
    "net.ipv6.conf.all.disable_ipv6",
    "net.netfilter.nf_conntrack_buckets",
    "net.netfilter.nf_conntrack_count",
    "net.netfilter.nf_conntrack_max",
    "net.netfilter.nf_conntrack_tcp_be_liberal",
    "net.netfilter.nf_conntrack_tcp_loose",
    "net.netfilter.nf_conntrack_tcp_timeout_close",
    "net.netfilter.nf_conntrack_tcp_timeout_close_wait",
    "net.netfilter.nf_conntrack_tcp_timeout_established",
    "net.netfilter.nf_conntrack_tcp_timeout_fin_wait",
    "net.netfilter.nf_conntrack_tcp_timeout_last_ack",
    "net.netfilter.nf_conntrack_tcp_timeout_syn_recv",
    "net.netfilter.nf_conntrack_tcp_timeout_syn_sent",
    "net.netfilter.nf_conntrack_tcp_timeout_time_wait",
    "net.netfilter.nf_conntrack_tcp_timeout_unacknowledged",
};

constexpr const char* kInterfaces = "net/ipv4/conf";

void swap_dots_and_slashes(std::string& text) {
    for (char& letter : text) {
        if (letter == '.') {
            letter = '/';
        } else if (letter == '/') {
            letter = '.';
        }
    }
}

void read_option(int directory, std::string name, const std::string& path, KernelOptions& options) {
    if (const auto text = read_file(directory, path.c_str())) {
        options.set(std::move(name), std::string(trimmed(*text)));
    }
}

// Of "all", "default" and each interface: the kernel uses the greater of "all" and the interface's.
void read_reverse_path_filters(int directory, KernelOptions& options) {
    const auto interfaces = open_directory(directory, kInterfaces);
    if (!interfaces) {
        return;
    }
    // What could not be listed is absent.
    (void)for_each_entry(interfaces->get(), [&](const char* interface) {
        const std::string path = std::string(interface) + "/rp_filter";
        std::string spelled(interface);
        swap_dots_and_slashes(spelled);
        read_option(interfaces->get(), "net.ipv4.conf." + spelled + ".rp_filter", path, options);
    });
}

}  // namespace

std::string path_of_option(std::string_view name) {
    std::string path(name);
    swap_dots_and_slashes(path);
    return path;
}

KernelOptions read_kernel_options(const char* sys_directory) {
    KernelOptions options;
    const auto directory = open_directory(AT_FDCWD, sys_directory);
    if (!directory) {
        return options;
    }
    for (const char* name : kOptions) {
        read_option(directory->get(), name, path_of_option(name), options);
    }
    read_reverse_path_filters(directory->get(), options);
    return options;
}

}  // namespace tcpdx::procfs
