// Many connections in TIME-WAIT are what a busy host looks like, and the most feared harmless sight
// in netstat. Each takes a quarter of a kilobyte and no descriptor, and on a server no port either.
// What can run out is the source ports of a client towards one destination, and the kernel's limit
// on TIME-WAIT; both have rules of their own, and this one is silent when they speak.

#include "diagnosis/rules/time_wait_many.h"

#include <algorithm>
#include <bitset>
#include <map>

#include "base/i18n.h"
#include "diagnosis/counter_evidence.h"
#include "diagnosis/grouping.h"
#include "diagnosis/paste_evidence.h"
#include "diagnosis/source_ports.h"

namespace tcpdx::diagnosis {
namespace {

constexpr std::uint64_t kBytesEach = 256;  // tw_sock_TCP in /proc/slabinfo
constexpr std::size_t kShownPorts = 3;

bool limit_is_near(const Situation& situation) {
    const auto limit = situation.now.options.number("net.ipv4.tcp_max_tw_buckets");
    const auto buckets = situation.now.totals.time_wait;
    return limit && buckets &&
           100.0 * static_cast<double>(*buckets) >=
               situation.limits.resource_used_percent * static_cast<double>(*limit);
}

void add_ports(const std::map<std::uint16_t, std::int64_t>& per_port, Finding& finding) {
    std::vector<std::pair<std::uint16_t, std::int64_t>> sorted(per_port.begin(), per_port.end());
    std::stable_sort(sorted.begin(), sorted.end(),
                     [](const auto& a, const auto& b) { return a.second > b.second; });
    sorted.resize(std::min(sorted.size(), kShownPorts));
    for (const auto& [port, count] : sorted) {
        finding.evidence.push_back(
            {{N_("{1} of them on port {0}, where this host listens: the server closes first"),
              {Port{port}, count}},
             Origin::SocketTable,
             "ss -tan state time-wait sport = :" + std::to_string(port)});
    }
}

// Who pastes a listing full of TIME-WAIT asks about it, and a part of a listing has few rows. Short
// connections show by their share: more of them have ended than are open.
bool is_worth_explaining(const Situation& situation, std::size_t time_wait) {
    if (time_wait >= situation.limits.many_time_wait) {
        return true;
    }
    const auto open = bare_count(situation, TcpState::Established)
                          .value_or(situation.now.count(TcpState::Established));
    constexpr std::size_t kManyToRead = 100;
    return situation.is_paste() &&
           (time_wait >= kManyToRead || (time_wait >= kFewOnAServer && time_wait > open));
}

std::vector<Finding> evaluate(const Situation& situation) {
    if (!situation.asked.explain_harmless && situation.asked.whole_host() &&
        !situation.is_paste()) {
        return {};
    }
    const Observations& seen = situation.now;
    std::bitset<65536> listening;
    for (const Connection& connection : seen.connections) {
        if (connection.is_listener()) {
            listening.set(connection.local.port);
        }
    }
    Finding finding;
    std::map<std::uint16_t, std::int64_t> per_port;
    for (std::uint32_t index = 0; index < seen.connections.size(); ++index) {
        const Connection& connection = seen.connections[index];
        if (connection.state != TcpState::TimeWait || !is_asked_about(situation, connection)) {
            continue;
        }
        finding.connections.push_back(index);
        if (listening.test(connection.local.port)) {
            ++per_port[connection.local.port];
        }
    }
    const std::size_t number = std::max<std::size_t>(
        finding.connections.size(), bare_count(situation, TcpState::TimeWait).value_or(0));
    if (!is_worth_explaining(situation, number) || limit_is_near(situation)) {
        return {};
    }
    const auto ports = source_ports(seen);
    if (ports && number > finding.connections.size() && is_nearly_all(*ports, number)) {
        return {};  // rows would tell; local-ports-running-out asks for them
    }
    // The counts stand per destination; the total means nothing for ports.
    std::optional<SourcePortUse> fullest;
    if (ports && ports->count > 0) {
        const auto uses = source_port_use(seen, *ports);
        if (!uses.empty()) {
            fullest = uses.front();
        }
    }
    const double percent =
        fullest ? 100.0 * static_cast<double>(fullest->used) / static_cast<double>(ports->count)
                : 0;
    if (percent >= situation.limits.ports_used_percent) {
        return {};
    }

    const auto count = static_cast<std::int64_t>(number);
    finding.severity = Severity::Information;
    finding.claim = {N_("{0} connections are in TIME-WAIT, which is harmless."), {count}};
    if (is_of_linux(situation)) {
        finding.evidence = {{{N_("together they take about {0} of memory, and no descriptor"),
                              {Bytes{number * kBytesEach}}},
                             Origin::SocketTable,
                             "ss -tan state time-wait"}};
    } else {  // what they cost there is not known
        finding.evidence = {
            {{N_("{0} in TIME-WAIT"), {count}}, Origin::PastedText, "ss -tan state time-wait"}};
    }
    if (fullest) {
        finding.evidence.push_back(
            {{N_("the destination with most connections, {0}, uses {1} of the source ports; each "
                 "destination has its own"),
              {fullest->remote, Percent{percent}}},
             Origin::SocketTable,
             "ss -tan 'dst " + to_string(fullest->remote) + "'"});
    }
    add_ports(per_port, finding);
    if (situation.is_paste() && situation.now.paste->system == HostSystem::Windows) {
        finding.evidence.push_back({{N_("their PID is 0: Windows shows it for connections that no "
                                        "process holds any more")},
                                    Origin::PastedText,
                                    "ss -tanp state time-wait"});
    }
    if (number > finding.connections.size()) {
        finding.unknown.push_back(
            {N_("at which end of them this host is: a count has no rows. At the server's end there "
                "is no limit to fear")});
    }
    if (seen.options.text("net.ipv4.tcp_max_tw_buckets")) {
        finding.evidence.push_back(option_value(seen, "net.ipv4.tcp_max_tw_buckets"));
    }
    if (!ports) {
        finding.unknown.push_back(
            {N_("how many source ports there are (net.ipv4.ip_local_port_range)")});
    }
    finding.advice = {
        {N_("Nothing needs doing. TIME-WAIT lasts 60 s, stays with the end that closed first, and "
            "keeps late segments out of the next connection.")},
        {N_("To have fewer, keep connections open, or let the client close first. No kernel option "
            "shortens it: net.ipv4.tcp_fin_timeout is about FIN-WAIT-2.")}};
    return {finding};
}

}  // namespace

const Rule kTimeWaitMany{
    .id = "time-wait-many",
    .title = N_("Many connections are in TIME-WAIT, and why that is harmless."),
    .evaluate = evaluate,
    .harmless = true,
};

}  // namespace tcpdx::diagnosis
