// Orphans are sockets that their program has closed and that the kernel still has to bring to an
// end: FIN-WAIT-1, LAST-ACK, CLOSING. Beyond net.ipv4.tcp_max_orphans the kernel resets them, and
// the peer loses what was still on the way. It does so even earlier, at a half or a quarter of the
// limit, for orphans whose peer does not read (tcp_out_of_resources), which no counter announces.

#include "diagnosis/rules/orphans_near_limit.h"

#include "base/i18n.h"
#include "diagnosis/counter_evidence.h"

namespace tcpdx::diagnosis {
namespace {

constexpr const char* kLimit = "net.ipv4.tcp_max_orphans";

bool is_closing_orphan(const Connection& connection) {
    return connection.is_orphan() &&
           (connection.state == TcpState::FinWait1 || connection.state == TcpState::LastAck ||
            connection.state == TcpState::Closing);
}

std::vector<Finding> evaluate(const Situation& situation) {
    const auto orphans = situation.now.totals.orphans;
    const auto limit = situation.now.options.number(kLimit);
    if (!orphans || !limit || *limit <= 0 || !counters_concern(situation.asked)) {
        return {};
    }
    const double percent = 100.0 * static_cast<double>(*orphans) / static_cast<double>(*limit);
    if (percent < situation.limits.resource_used_percent) {
        return {};
    }
    Finding finding;
    const bool reached = percent >= 100;
    finding.severity = reached ? Severity::Problem : Severity::Warning;
    const auto count = static_cast<std::int64_t>(*orphans);
    finding.claim = reached
                        ? Message{N_("The kernel resets connections that programs have closed: {0} "
                                     "orphans, and the limit is {1}."),
                                  {count, *limit}}
                        : Message{N_("Orphans use {2} of their limit: {0} of {1}."),
                                  {count, *limit, Percent{percent}}};
    finding.evidence = {{{N_("{0} sockets without a process, over all namespaces"), {count}},
                         Origin::Counter,
                         "cat /proc/net/sockstat"},
                        option_value(situation.now, kLimit)};
    std::int64_t shown = 0;
    const std::vector<Connection>& connections = situation.now.connections;
    for (std::uint32_t index = 0; index < connections.size(); ++index) {
        if (is_closing_orphan(connections[index])) {
            finding.connections.push_back(index);
            ++shown;
        }
    }
    if (shown > 0) {
        finding.evidence.push_back(
            {{N_("{0} of them are in this namespace, waiting for their peer's ACK"), {shown}},
             Origin::SocketTable,
             "ss -tan state fin-wait-1 state last-ack state closing"});
    }
    if (rose(situation, "TcpExtTCPAbortOnMemory")) {
        finding.evidence.push_back(rise_of(situation, "TcpExtTCPAbortOnMemory"));
    }
    finding.advice = {
        {N_("Find out why so many peers do not acknowledge the end: they are gone, or they do not "
            "read. See the findings about FIN-WAIT-1 and LAST-ACK.")},
        {N_("net.ipv4.tcp_orphan_retries makes the kernel give up on a dead peer earlier; 0 means "
            "8 retries, about 107 s.")},
        {N_("Raising net.ipv4.tcp_max_orphans costs memory that cannot be swapped out.")}};
    return {finding};
}

}  // namespace

const Rule kOrphansNearLimit{
    .id = "orphans-near-limit",
    .title = N_("Closed connections that wait for their peer come near the kernel's limit."),
    .evaluate = evaluate,
};

}  // namespace tcpdx::diagnosis
