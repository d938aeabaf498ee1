#include "diagnosis/tune/audit.h"

#include <algorithm>
#include <array>

#include "base/i18n.h"
#include "diagnosis/tune/judges.h"

namespace tcpdx::diagnosis {
namespace {

struct Entry {
    std::string_view option;  // one that begins with '*' is the end of a name: one per interface
    Judge judge;
    const char* claimed;  // the wrong claim, N_() marked; empty when none circulates
};

// The table of options. To add one: a line here, a judge, a test.
constexpr std::array kEntries{
    Entry{"net.core.somaxconn", judge_somaxconn,
          N_("\"Raise somaxconn and the drops stop.\" The program's own backlog counts, and only "
             "from its next listen() on.")},
    Entry{"net.ipv4.ip_local_port_range", judge_port_range,
          N_("\"So many TIME-WAIT of so many ports, so the ports are out.\" They are counted per "
             "destination.")},
    Entry{"net.ipv4.tcp_abort_on_overflow", judge_abort_on_overflow,
          N_("\"Clients get a quick RST when the server is full.\" A SYN to a full queue is "
             "dropped in silence with it as without.")},
    Entry{"net.ipv4.tcp_fin_timeout", judge_fin_timeout,
          N_("\"It shortens TIME-WAIT.\" It does not: TIME-WAIT takes 60 s, a constant.")},
    Entry{"net.ipv4.tcp_keepalive_intvl", judge_keepalive, ""},
    Entry{"net.ipv4.tcp_keepalive_probes", judge_keepalive, ""},
    Entry{"net.ipv4.tcp_keepalive_time", judge_keepalive,
          N_("\"It clears CLOSE-WAIT and dead connections.\" Without SO_KEEPALIVE of the program "
             "it does nothing.")},
    Entry{"net.ipv4.tcp_low_latency", judge_low_latency, ""},
    Entry{"net.ipv4.tcp_max_orphans", judge_max_orphans, ""},
    Entry{"net.ipv4.tcp_max_syn_backlog", judge_max_syn_backlog,
          N_("\"It is the size of the SYN queue.\" With SYN cookies on it has no effect; the "
             "listener's backlog counts.")},
    Entry{"net.ipv4.tcp_max_tw_buckets", judge_max_tw_buckets,
          N_("\"Lower it against too many TIME-WAIT.\" That only takes their protection away.")},
    Entry{"net.ipv4.tcp_mem", judge_memory, ""},
    Entry{"net.ipv4.tcp_moderate_rcvbuf", judge_moderate_rcvbuf, ""},
    Entry{"net.ipv4.tcp_mtu_probing", judge_mtu_probing, ""},
    Entry{"net.ipv4.tcp_orphan_retries", judge_orphan_retries, ""},
    Entry{"net.ipv4.tcp_retries2", judge_retries2, ""},
    Entry{"net.ipv4.tcp_rfc1337", judge_rfc1337,
          N_("\"Hardening without negative consequences.\" It keeps clients out for up to 60 s.")},
    Entry{"net.ipv4.tcp_sack", judge_sack, ""},
    Entry{"net.ipv4.tcp_slow_start_after_idle", judge_slow_start_after_idle, ""},
    Entry{"net.ipv4.tcp_syn_retries", judge_syn_retries, ""},
    Entry{"net.ipv4.tcp_synack_retries", judge_synack_retries,
          N_("\"Lower it against SYN floods.\" SYN cookies do that without keeping slow clients "
             "out.")},
    Entry{"net.ipv4.tcp_syncookies", judge_syncookies, ""},
    Entry{"net.ipv4.tcp_timestamps", judge_timestamps,
          N_("\"Switch timestamps off for security or speed.\" They carry random offsets since "
             "Linux 4.10, and tcp_tw_reuse needs them.")},
    Entry{"net.ipv4.tcp_tw_recycle", judge_tw_recycle,
          N_("\"It frees TIME-WAIT sockets quickly.\" It cut off clients behind NAT.")},
    Entry{"net.ipv4.tcp_tw_reuse", judge_tw_reuse,
          N_("\"It helps servers with many TIME-WAIT.\" It is about outgoing connections only.")},
    Entry{"net.ipv4.tcp_window_scaling", judge_window_scaling, ""},
    Entry{"net.netfilter.nf_conntrack_max", judge_conntrack_max, ""},
    Entry{"net.netfilter.nf_conntrack_tcp_timeout_established", judge_conntrack_established, ""},
    Entry{"*.rp_filter", judge_reverse_path_filter, ""},
};

bool names(const Entry& entry, std::string_view option) {
    return entry.option.starts_with('*') ? option.ends_with(entry.option.substr(1))
                                         : option == entry.option;
}

}  // namespace

std::vector<TuneEntry> audit(const Observations& seen) {
    const Load load = load_of(seen);
    std::vector<TuneEntry> entries;
    for (const auto& [option, value] : seen.options.all()) {
        const auto entry =
            std::find_if(kEntries.begin(), kEntries.end(),
                         [&name = option](const Entry& each) { return names(each, name); });
        const auto number = seen.options.number(option);
        if (entry == kEntries.end() || !number) {
            continue;
        }
        Judgement judgement = entry->judge(load, {option, *number});
        entries.push_back({.option = option,
                           .value = value,
                           .verdict = judgement.verdict,
                           .reason = std::move(judgement.reason),
                           .evidence = std::move(judgement.evidence),
                           .claimed = {entry->claimed},
                           .change = judgement.advised.empty()
                                         ? ""
                                         : "sysctl -w '" + option + "=" + judgement.advised + "'"});
    }
    std::stable_sort(entries.begin(), entries.end(),
                     [](const TuneEntry& a, const TuneEntry& b) { return a.verdict > b.verdict; });
    return entries;
}

std::vector<Folklore> folklore(const Observations& seen) {
    std::vector<Folklore> all{
        {{N_("\"A timeout means a firewall, a refusal means that the service is down.\"")},
         {N_("A full accept queue times out as well, and packet filters refuse by default.")}},
        {{N_("\"Keepalive options or tcp_fin_timeout clear CLOSE-WAIT.\"")},
         {N_("No timer ends CLOSE-WAIT; the program has to close.")}},
        {{N_("\"SO_REUSEADDR lets a client connect when the source ports are out.\"")},
         {N_("bind() still fails with EADDRINUSE; IP_BIND_ADDRESS_NO_PORT helps.")}},
        {{N_("\"Many SYN-RECEIVED are a SYN flood.\"")},
         {N_("Lost answers make them too, and a flood does not raise their number beyond the "
             "backlog when SYN cookies are on.")}},
        {{N_("\"ESTABLISHED without a process is left over; kill it.\"")},
         {N_("It waits in the accept queue of a program that does not accept it.")}},
    };
    // Only of a kernel whose options were read at all.
    const bool read = !seen.options.all().empty();
    if (read && !seen.options.text("net.ipv4.tcp_tw_recycle")) {
        // Named, or the two texts would be taken for a list of two Folklores.
        all.insert(all.begin(),
                   Folklore{.advice = {N_("\"Set net.ipv4.tcp_tw_recycle=1.\"")},
                            .truth = {N_("This kernel does not have it: gone since Linux 4.12, "
                                         "because it cut off clients behind NAT.")}});
    }
    return all;
}

}  // namespace tcpdx::diagnosis
