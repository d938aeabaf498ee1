// Each connect() takes a source port, and they are counted per local address, remote address and
// remote port: the same host with another remote address or port has all of them free. When they
// are out, connect() fails with EADDRNOTAVAIL, and no counter of the kernel shows it (facts: row
// l1), so the socket table has to be counted.
//
// A connection in TIME-WAIT holds its port for 60 s. With net.ipv4.tcp_tw_reuse (2, the default,
// for loopback only; 1 for all) the kernel takes such a port again after a second, provided the old
// connection had timestamps; whether it had, a socket in TIME-WAIT no longer tells.

#include "diagnosis/rules/local_ports_running_out.h"

#include <algorithm>
#include <map>

#include "base/i18n.h"
#include "diagnosis/counter_evidence.h"
#include "diagnosis/evidence.h"
#include "diagnosis/grouping.h"
#include "diagnosis/paste_evidence.h"
#include "diagnosis/source_ports.h"
#include "diagnosis/this_host.h"

namespace tcpdx::diagnosis {
namespace {

constexpr double kNearlyAll = 95;
constexpr std::size_t kShownPrograms = 3;
constexpr std::uint8_t kHasTimestamps = 1;  // TCPI_OPT_TIMESTAMPS

double percent_of(std::size_t part, std::size_t whole) {
    return 100.0 * static_cast<double>(part) / static_cast<double>(whole);
}

// ss takes an IPv6 address only in brackets.
std::string address_for_ss(const IpAddress& address) {
    const std::string text = to_string(address);
    return text.find(':') == std::string::npos ? text : "[" + text + "]";
}

// What the connections to one destination tell besides their number.
struct Members {
    std::map<std::uint32_t, std::int64_t> per_process;
    bool asked_about = false;
    bool without_timestamps = false;
};

Members members_of(const Situation& situation, const SourcePortUse& use) {
    Members members;
    members.asked_about = use.without_rows > 0 && situation.asked.whole_host();
    for (const std::uint32_t index : use.members) {
        const Connection& connection = situation.now.connections[index];
        members.asked_about |= is_asked_about(situation, connection);
        if (connection.owner.process < situation.now.processes.size()) {
            ++members.per_process[connection.owner.process];
        }
        members.without_timestamps |= connection.state == TcpState::Established && connection.tcp &&
                                      (connection.tcp->options & kHasTimestamps) == 0;
    }
    return members;
}

bool reuses_time_wait(const Observations& seen, const SourcePortUse& use) {
    const std::int64_t reuse = seen.options.number("net.ipv4.tcp_tw_reuse").value_or(0);
    return (reuse == 1 || (reuse == 2 && use.remote.address.is_loopback())) &&
           seen.options.number("net.ipv4.tcp_timestamps").value_or(0) != 0;
}

bool has_default_range(const Observations& seen) {
    return seen.paste && !seen.options.text("net.ipv4.ip_local_port_range");
}

Observation range_evidence(const Observations& seen, const SourcePorts& ports) {
    if (!has_default_range(seen)) {
        return option_value(seen, "net.ipv4.ip_local_port_range");
    }
    return {{N_("source ports are {0} to {1} there unless somebody changed it"),
             {std::int64_t{ports.first}, std::int64_t{ports.last}}},
            Origin::Limit,
            "sysctl net.ipv4.ip_local_port_range"};
}

// The uses at the earlier look; nothing when there was none.
std::vector<SourcePortUse> earlier_use(const Situation& situation, const SourcePorts& ports) {
    return situation.earlier == nullptr ? std::vector<SourcePortUse>{}
                                        : source_port_use(*situation.earlier, ports);
}

void add_growth(const Situation& situation, const SourcePorts& ports,
                const std::vector<SourcePortUse>& earlier, const SourcePortUse& use,
                Finding& finding) {
    const auto interval = situation.interval();
    if (!interval || interval->count() <= 0) {
        return;
    }
    const auto found = std::find_if(earlier.begin(), earlier.end(), [&](const SourcePortUse& each) {
        return same_destination(each, use);
    });
    const std::size_t before = found == earlier.end() ? 0 : found->used;
    if (before >= use.used || use.used >= ports.count) {
        return;
    }
    const auto grown = use.used - before;
    const auto left = Limits::Duration(static_cast<std::int64_t>(
        static_cast<double>(ports.count - use.used) * static_cast<double>(interval->count()) /
        static_cast<double>(grown)));
    finding.evidence.push_back({{N_("{0} more than {1} ago: at this rate none is left in {2}"),
                                 {static_cast<std::int64_t>(grown), *interval, left}},
                                Origin::SocketTable,
                                ""});
}

void add_programs(const Observations& seen, const Members& members, const std::string& check,
                  Finding& finding) {
    std::vector<std::pair<std::uint32_t, std::int64_t>> sorted(members.per_process.begin(),
                                                               members.per_process.end());
    std::stable_sort(sorted.begin(), sorted.end(),
                     [](const auto& a, const auto& b) { return a.second > b.second; });
    sorted.resize(std::min(sorted.size(), kShownPrograms));
    for (const auto& [process, count] : sorted) {
        finding.evidence.push_back(
            {{N_("{0} holds {1} of them"), {name_of(seen.processes[process]), count}},
             Origin::Process,
             check});
    }
}

void add_advice(const Situation& situation, const SourcePorts& ports, const SourcePortUse& use,
                Finding& finding) {
    finding.advice.push_back(
        {N_("Keep connections open and reuse them (a pool, HTTP keep-alive) instead of opening one "
            "per request.")});
    if (use.time_wait * 2 >= use.used && !reuses_time_wait(situation.now, use)) {
        finding.advice.push_back(
            {N_("Set net.ipv4.tcp_tw_reuse=1 with net.ipv4.tcp_timestamps=1: outgoing connections "
                "then take ports in TIME-WAIT again after a second.")});
    }
    if (ports.last - ports.first < 60000) {
        finding.advice.push_back(
            {N_("Widen net.ipv4.ip_local_port_range, and reserve ports that programs listen on "
                "with net.ipv4.ip_local_reserved_ports.")});
    }
    finding.advice.push_back(
        {N_("Use more remote or local addresses: each pair has all the ports for itself. A program "
            "that binds an address before connecting should set IP_BIND_ADDRESS_NO_PORT.")});
    finding.advice.push_back(
        {N_("What does not help: net.ipv4.tcp_fin_timeout, net.ipv4.tcp_max_tw_buckets, "
            "SO_REUSEADDR. TIME-WAIT always takes 60 s.")});
}

Finding describe(const Situation& situation, const SourcePorts& ports,
                 const std::vector<SourcePortUse>& earlier, const SourcePortUse& use,
                 const Members& members) {
    Finding finding;
    const auto used = static_cast<std::int64_t>(use.used);
    const auto usable = static_cast<std::int64_t>(ports.count);
    const double percent = percent_of(use.used, ports.count);
    const bool reusable = reuses_time_wait(situation.now, use) && !members.without_timestamps;
    const double taken = reusable ? percent_of(use.used - use.time_wait, ports.count) : percent;
    if (taken >= kNearlyAll) {
        finding.severity = Severity::Problem;
    } else if (taken >= situation.limits.ports_used_percent) {
        finding.severity = Severity::Warning;
    }
    finding.claim =
        percent >= 100
            ? Message{N_("No source port is left from {0} to {1}: all {2} are in use."),
                      {use.local, use.remote, usable}}
            : Message{N_("Source ports from {0} to {1} run out: {2} of {3} are in use ({4})."),
                      {use.local, use.remote, used, usable, Percent{percent}}};
    const std::string between =
        " 'src " + address_for_ss(use.local) + " and dst " + to_string(use.remote) + "'";
    finding.evidence = {
        {{N_("{0} connections from {1} to {2}"), {used, use.local, use.remote}},
         Origin::SocketTable,
         "ss -tan" + between},
        {{N_("{0} of them are in TIME-WAIT"), {static_cast<std::int64_t>(use.time_wait)}},
         Origin::SocketTable,
         "ss -tan state time-wait" + between},
        range_evidence(situation.now, ports)};
    if (has_default_range(situation.now)) {
        finding.unknown.push_back(
            {N_("whether the range of source ports was changed: the listing does not show it")});
    }
    if (!situation.now.options.text("net.ipv4.ip_local_reserved_ports").value_or("").empty()) {
        finding.evidence.push_back(option_value(situation.now, "net.ipv4.ip_local_reserved_ports"));
    }
    if (situation.now.options.text("net.ipv4.tcp_tw_reuse")) {
        finding.evidence.push_back(option_value(situation.now, "net.ipv4.tcp_tw_reuse"));
    }
    add_growth(situation, ports, earlier, use, finding);
    add_programs(situation.now, members, "ss -tanp" + between, finding);
    if (reusable && use.time_wait > 0) {
        finding.unknown.push_back(
            {N_("whether the connections in TIME-WAIT had timestamps: if so, their ports are taken "
                "again after a second")});
    }
    finding.unknown.push_back(
        {N_("whether connects fail already: the kernel does not count that, the program sees "
            "EADDRNOTAVAIL (or EADDRINUSE when it binds first)")});
    finding.connections = use.members;
    finding.more_connections = use.without_rows;
    finding.subject = to_string(use.local) + " > " + to_string(use.remote);
    add_advice(situation, ports, use, finding);
    return finding;
}

// In a paste of counts: how many there are is known, and to where is not.
void add_bare_count(const Situation& situation, const SourcePorts& ports,
                    std::vector<Finding>& findings) {
    const auto time_wait = bare_count(situation, TcpState::TimeWait);
    if (!time_wait || !is_nearly_all(ports, *time_wait)) {
        return;
    }
    Finding finding;
    finding.severity = Severity::Warning;
    finding.claim = {N_("{0} in TIME-WAIT is nearly the number of source ports, {1}: if they lead "
                        "to one address and port, none is left for the next connection there."),
                     {count_of(*time_wait), count_of(ports.count)}};
    finding.evidence = {{{N_("{0} in TIME-WAIT, without their rows"), {count_of(*time_wait)}},
                         Origin::PastedText,
                         "ss -tan state time-wait"},
                        range_evidence(situation.now, ports)};
    finding.candidates = {
        {{N_("This host is the client, and all of them lead to one server: its source ports are "
             "used up, and connects fail.")},
         {N_("the rows have one remote address and port, and ever new local ports")},
         "ss -tan state time-wait"},
        {{N_("They belong to several servers, or came in to this host: then nothing is wrong.")},
         {N_("the rows have several remote addresses, or one local port")},
         "ss -tan state time-wait"}};
    finding.unknown = {{N_("to which address and port they lead: a count has no rows")}};
    findings.push_back(std::move(finding));
}

// The service that most of the connections in TIME-WAIT lead to from this host, by what they share:
// the remote end, or, when both ends are here, the local end of the server's rows.
std::pair<SocketAddress, std::vector<std::uint32_t>> busiest_service(const Situation& situation) {
    std::map<SocketAddress, std::vector<std::uint32_t>> services;
    for (const std::uint32_t index : situation.lookups().in_state(TcpState::TimeWait)) {
        const Connection& connection = situation.now.connections[index];
        if (is_asked_about(situation, connection)) {
            services[connection.remote].push_back(index);
            if (within_this_host(connection)) {
                services[connection.local].push_back(index);
            }
        }
    }
    std::pair<SocketAddress, std::vector<std::uint32_t>> busiest;
    for (auto& [service, members] : services) {
        if (members.size() > busiest.second.size() && service.port != 0) {
            busiest = {service, std::move(members)};
        }
    }
    return busiest;
}

// In a paste that was cut off: what it still shows of many short connections to one place.
void add_cut_off(const Situation& situation, const SourcePorts& ports,
                 std::vector<Finding>& findings) {
    constexpr std::size_t kSeveral = 5;
    if (!situation.is_paste() || situation.has_every_row()) {
        return;
    }
    const auto [service, members] = busiest_service(situation);
    if (members.size() < kSeveral) {
        return;
    }
    Finding finding;
    finding.claim = {N_("Connections to {0} are opened and ended one after another; how many of "
                        "the {1} source ports they hold, this listing does not show."),
                     {service, count_of(ports.count)}};
    finding.evidence = {{{N_("{0} connections to it in TIME-WAIT are shown, and rows are missing"),
                          {count_of(members.size())}},
                         Origin::PastedText,
                         "ss -tan state time-wait 'dst " + to_string(service) + "'"},
                        range_evidence(situation.now, ports)};
    finding.unknown = {
        {N_("the rest of the rows: when they are nearly as many as there are "
            "source ports, new connections there fail")}};
    finding.advice = {
        {N_("Keep connections open and reuse them (a pool, HTTP keep-alive) instead of opening "
            "one per request.")}};
    finding.connections = members;
    findings.push_back(std::move(finding));
}

std::vector<Finding> evaluate(const Situation& situation) {
    const auto ports = source_ports(situation.now);
    if (!ports || ports->count == 0) {
        return {};
    }
    std::vector<Finding> findings;
    add_bare_count(situation, *ports, findings);
    const std::vector<SourcePortUse> uses = source_port_use(situation.now, *ports);
    const auto is_full = [&](const SourcePortUse& use) {
        return percent_of(use.used, ports->count) >= situation.limits.ports_used_percent;
    };
    if (uses.empty() || !is_full(uses.front())) {
        add_cut_off(situation, *ports, findings);
        return findings;
    }
    const std::vector<SourcePortUse> earlier = earlier_use(situation, *ports);
    for (const SourcePortUse& use : uses) {
        if (!is_full(use)) {
            break;  // sorted: the others have fewer
        }
        const Members members = members_of(situation, use);
        if (members.asked_about) {
            findings.push_back(describe(situation, *ports, earlier, use, members));
        }
    }
    return findings;
}

}  // namespace

const Rule kLocalPortsRunningOut{
    .id = "local-ports-running-out",
    .title = N_("The source ports towards one destination are nearly used up."),
    .evaluate = evaluate,
};

}  // namespace tcpdx::diagnosis
