#include "export/prometheus/metrics.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>

#include "export/prometheus/text_format.h"

namespace tcpdx::prometheus {
namespace {

using trace::Tally;

// Labels as node_exporter and OpenTelemetry write states: lower case, one word.
std::string label_of(TcpState state) {
    std::string name(rfc_name(state));
    std::transform(name.begin(), name.end(), name.begin(), [](char letter) {
        return letter == '-'
                   ? '_'
                   : static_cast<char>(letter >= 'A' && letter <= 'Z' ? letter + 32 : letter);
    });
    return name;
}

const char* name_of(diagnosis::Severity severity) {
    switch (severity) {
        case diagnosis::Severity::Information:
            return "information";
        case diagnosis::Severity::Warning:
            return "warning";
        case diagnosis::Severity::Problem:
            return "problem";
    }
    return "";
}

void write_states(TextFormat& out, const HostNow& now) {
    out.family("tcpdx_connections", "gauge",
               "TCP sockets in each state. All states are always there.");
    for (const TcpState state : kAllTcpStates) {
        out.value(now.totals.open.at(static_cast<std::size_t>(state)),
                  {{"state", label_of(state)}});
    }
}

void write_transitions(TextFormat& out, const Tally& totals) {
    out.family("tcpdx_transitions_total", "counter", "Changes of state since tcpdx watches.");
    std::set<std::pair<TcpState, TcpState>> written;
    for (const Transition& row : transitions()) {
        const auto count = totals.transitions.at(static_cast<std::size_t>(row.from))
                               .at(static_cast<std::size_t>(row.to));
        if (row.changes_state() && row.in_linux() && written.insert({row.from, row.to}).second) {
            out.value(count, {{"from", label_of(row.from)}, {"to", label_of(row.to)}});
        }
    }
}

void write_dwells(TextFormat& out, const Tally& totals) {
    out.family("tcpdx_state_dwell_seconds", "histogram",
               "How long connections stayed in a state, of those that left it.");
    for (const TcpState state : kAllTcpStates) {
        const auto index = static_cast<std::size_t>(state);
        const auto& classes = totals.dwells.at(index);
        const std::string name = label_of(state);
        std::uint64_t sum = 0;
        for (std::size_t i = 0; i < trace::kDwellBounds.size(); ++i) {
            sum += classes.at(i);
            out.part("_bucket", static_cast<double>(sum),
                     {{"state", name}, {"le", fmt::format("{}", trace::kDwellBounds.at(i))}});
        }
        sum += classes.back();
        out.part("_bucket", static_cast<double>(sum), {{"state", name}, {"le", "+Inf"}});
        out.part("_sum", totals.dwell_sum.at(index).count(), {{"state", name}});
        out.part("_count", static_cast<double>(sum), {{"state", name}});
    }
}

void write_totals(TextFormat& out, const HostNow& now) {
    const Tally& totals = now.totals;
    out.family(
        "tcpdx_opened_total", "counter",
        "Connections opened: by connect() here (active), or accepted from a peer (passive).");
    out.value(totals.opened_actively, {{"opener", "active"}});
    out.value(totals.opened_passively, {{"opener", "passive"}});
    out.family("tcpdx_closed_total", "counter", "Connections that ended, however they ended.");
    out.value(totals.closed);
    // Without events these are not zero but not known.
    if (!now.sampled) {
        out.family("tcpdx_resets_total", "counter", "RST segments.");
        out.value(totals.resets_sent, {{"direction", "sent"}});
        out.value(totals.resets_received, {{"direction", "received"}});
        out.family("tcpdx_retransmissions_total", "counter", "Segments sent again.");
        out.value(totals.retransmissions);
        out.family("tcpdx_dropped_packets_total", "counter",
                   "TCP packets that this host dropped; not every drop loses data.");
        out.value(totals.drops);
        out.family("tcpdx_events_lost_total", "counter",
                   "Events that did not reach tcpdx: all other totals are lower bounds then.");
        out.value(now.lost_changes, {{"kind", "change"}});
        out.value(now.lost_details, {{"kind", "detail"}});
        out.value(now.skipped_changes, {{"kind", "skipped"}});
    }
}

void write_findings(TextFormat& out, std::span<const FindingGauge> findings) {
    out.family("tcpdx_findings", "gauge", "Findings of tcpdx now, by severity.");
    for (const auto severity : {diagnosis::Severity::Problem, diagnosis::Severity::Warning,
                                diagnosis::Severity::Information}) {
        const auto count =
            std::count_if(findings.begin(), findings.end(),
                          [&](const FindingGauge& each) { return each.severity == severity; });
        out.value(static_cast<std::uint64_t>(count), {{"severity", name_of(severity)}});
    }
    std::map<std::pair<std::string, std::string>, std::uint64_t> by_rule;
    for (const FindingGauge& finding : findings) {
        by_rule[{finding.rule, name_of(finding.severity)}] += finding.connections;
    }
    out.family("tcpdx_finding_connections", "gauge",
               "Connections that the findings of a rule are about; absent when it finds nothing.");
    for (const auto& [key, connections] : by_rule) {
        out.value(connections, {{"rule", key.first}, {"severity", key.second}});
    }
}

void write_listeners(TextFormat& out, const LookGauges& look) {
    out.family("tcpdx_listen_queue_length", "gauge", "Connections waiting to be accepted.");
    for (const auto& each : look.listeners) {
        out.value(each.length, {{"port", std::to_string(each.port)}});
    }
    out.family("tcpdx_listen_queue_limit", "gauge", "How many can wait to be accepted.");
    for (const auto& each : look.listeners) {
        out.value(each.limit, {{"port", std::to_string(each.port)}});
    }
    out.family("tcpdx_listen_drops_total", "counter",
               "Connection attempts that the listeners of a port dropped since they listen.");
    for (const auto& each : look.listeners) {
        if (each.drops_known) {
            out.value(each.drops, {{"port", std::to_string(each.port)}});
        }
    }
}

void write_ports(TextFormat& out, const LookGauges& look) {
    out.family("tcpdx_source_ports_used", "gauge",
               "Source ports in use, TIME-WAIT included, for the destinations with the most; the "
               "others are summed up in other.");
    for (const auto& each : look.destinations) {
        out.value(each.ports_used, {{"dst", each.address}});
    }
    out.value(look.ports_of_left_out, {{"dst", "other"}});
    out.family("tcpdx_metric_series_left_out", "gauge",
               "Destinations that have no series of their own.");
    out.value(look.destinations_left_out);
    if (look.ports_usable) {
        out.family(
            "tcpdx_source_ports_limit", "gauge",
            "Source ports that there are for one destination (net.ipv4.ip_local_port_range).");
        out.value(*look.ports_usable);
    }
}

void write_kernel(TextFormat& out, const LookGauges& look) {
    struct Counter {
        const char* kernel_name;
        const char* name;
        const char* help;
    };
    constexpr std::array kCounters{
        Counter{"TcpExtListenOverflows", "tcpdx_listen_overflows_total",
                "Times that an accept queue was full."},
        Counter{"TcpExtListenDrops", "tcpdx_listen_drops_all_total",
                "Connection attempts dropped by listeners, for any reason."},
        Counter{"TcpExtSyncookiesSent", "tcpdx_syn_cookies_sent_total",
                "SYN cookies sent: a SYN queue was full."},
        Counter{"TcpExtTCPTimeWaitOverflow", "tcpdx_time_wait_overflows_total",
                "TIME-WAIT states skipped because there were too many."},
        Counter{"TcpExtTCPAbortOnMemory", "tcpdx_aborts_on_memory_total",
                "Connections aborted because TCP had no memory or too many orphans."},
        Counter{"TcpExtTCPMemoryPressures", "tcpdx_memory_pressures_total",
                "Times that TCP came under memory pressure."},
        Counter{"TcpAttemptFails", "tcpdx_attempt_fails_total",
                "Connections that failed before they were established."},
    };
    for (const Counter& each : kCounters) {
        if (const auto value = look.counters.value(each.kernel_name)) {
            out.family(each.name, "counter",
                       fmt::format("{} (kernel counter {}.)", each.help, each.kernel_name));
            out.value(*value);
        }
    }
    const auto gauge = [&](const char* name, const char* help,
                           const std::optional<std::uint64_t>& value) {
        if (value) {
            out.family(name, "gauge", help);
            out.value(*value);
        }
    };
    gauge("tcpdx_orphans", "Sockets that no process has any more.", look.totals.orphans);
    gauge("tcpdx_orphans_limit", "net.ipv4.tcp_max_orphans.", look.orphans_limit);
    if (look.conntrack) {
        gauge("tcpdx_conntrack_entries", "Entries of connection tracking.", look.conntrack->count);
        gauge("tcpdx_conntrack_entries_limit", "net.netfilter.nf_conntrack_max.",
              look.conntrack->maximum);
        if (look.conntrack->insert_failed) {
            out.family("tcpdx_conntrack_insert_failed_total", "counter",
                       "Packets dropped because they could not be tracked.");
            out.value(*look.conntrack->insert_failed);
        }
    }
}

}  // namespace

LookGauges gauges_of(const Observations& seen, std::size_t most) {
    LookGauges look;
    std::map<std::uint16_t, LookGauges::Listener> listeners;
    std::map<SocketAddress, std::size_t> by_destination;  // each connection has a port
    for (const Connection& each : seen.connections) {
        if (each.is_listener() && each.accept_queue && each.backlog_limit) {
            LookGauges::Listener& listener = listeners[each.local.port];
            listener.port = each.local.port;
            listener.length += *each.accept_queue;
            listener.limit += *each.backlog_limit;
            listener.drops += each.drops.value_or(0);
            listener.drops_known = listener.drops_known || each.drops.has_value();
        } else if (each.opener == Opener::Active) {
            ++by_destination[each.remote];
        }
    }
    for (const TimeWaitsTowards& each : seen.client_time_waits) {
        by_destination[each.remote] += each.count;
    }
    for (const auto& [port, listener] : listeners) {
        if (look.listeners.size() < most * 10) {
            look.listeners.push_back(listener);
        }
    }
    for (const auto& [destination, ports] : by_destination) {
        look.destinations.push_back({.address = to_string(destination), .ports_used = ports});
    }
    std::stable_sort(look.destinations.begin(), look.destinations.end(),
                     [](const auto& a, const auto& b) { return a.ports_used > b.ports_used; });
    while (look.destinations.size() > most) {
        look.ports_of_left_out += look.destinations.back().ports_used;
        ++look.destinations_left_out;
        look.destinations.pop_back();
    }
    const auto low = seen.options.number("net.ipv4.ip_local_port_range", 0);
    const auto high = seen.options.number("net.ipv4.ip_local_port_range", 1);
    if (low && high && *high >= *low) {
        look.ports_usable = static_cast<std::uint64_t>(*high - *low + 1);
    }
    if (const auto limit = seen.options.number("net.ipv4.tcp_max_orphans"); limit && *limit >= 0) {
        look.orphans_limit = static_cast<std::uint64_t>(*limit);
    }
    look.counters = seen.counters;
    look.totals = seen.totals;
    look.conntrack = seen.conntrack;
    return look;
}

std::string metrics_text(const HostNow& now, const LookGauges* look,
                         std::span<const FindingGauge> findings, std::string_view version) {
    TextFormat out;
    out.family("tcpdx_build_info", "gauge", "The version of tcpdx.");
    out.value(std::uint64_t{1}, {{"version", version}});
    out.family("tcpdx_watching_since_seconds", "gauge",
               "When tcpdx began to watch, in seconds since 1970.");
    out.value(static_cast<double>(now.host.watching_since.count() / 1000) / 1000);
    out.family("tcpdx_events_available", "gauge",
               "1: every change of state is seen. 0: sockets are only listed once a second.");
    out.value(std::uint64_t{now.sampled ? 0U : 1U});
    write_states(out, now);
    write_transitions(out, now.totals);
    write_totals(out, now);
    write_dwells(out, now.totals);
    out.family("tcpdx_recording", "gauge",
               "1: a history is written. 0: it is not wanted, or cannot be written.");
    out.value(std::uint64_t{now.recording && now.recording_stopped.empty() ? 1U : 0U});
    out.family("tcpdx_recording_failed", "gauge", "1: a history is wanted and cannot be written.");
    out.value(std::uint64_t{now.recording_stopped.empty() ? 0U : 1U});
    out.family("tcpdx_history_bytes", "gauge", "What the history takes on the disk.");
    out.value(now.recorded_bytes);
    if (look != nullptr) {
        write_findings(out, findings);
        write_listeners(out, *look);
        write_ports(out, *look);
        write_kernel(out, *look);
    }
    return out.take();
}

}  // namespace tcpdx::prometheus
