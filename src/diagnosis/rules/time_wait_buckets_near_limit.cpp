// Beyond net.ipv4.tcp_max_tw_buckets the kernel frees a connection at once instead of keeping it in
// TIME-WAIT, and no log line tells (measured). Then a late duplicate can reach a new connection
// with the same ports, and a peer whose last FIN got lost is answered with RST. Only the counter
// shows it.

#include "diagnosis/rules/time_wait_buckets_near_limit.h"

#include "base/i18n.h"
#include "diagnosis/counter_evidence.h"

namespace tcpdx::diagnosis {
namespace {

constexpr const char* kLimit = "net.ipv4.tcp_max_tw_buckets";
constexpr const char* kOverflow = "TcpExtTCPTimeWaitOverflow";

std::vector<Finding> evaluate(const Situation& situation) {
    if (!counters_concern(situation.asked)) {
        return {};
    }
    const auto buckets = situation.now.totals.time_wait;
    const auto limit = situation.now.options.number(kLimit);
    const bool known = buckets && limit && *limit > 0;
    const double percent =
        known ? 100.0 * static_cast<double>(*buckets) / static_cast<double>(*limit) : 0;
    const bool overflows = rose(situation, kOverflow);
    if (!overflows && (!known || percent < situation.limits.resource_used_percent)) {
        return {};
    }
    Finding finding;
    finding.severity = Severity::Warning;
    finding.claim = overflows
                        ? Message{N_("Connections skip TIME-WAIT because its limit is reached.")}
                        : Message{N_("TIME-WAIT uses {2} of its limit: {0} of {1}."),
                                  {static_cast<std::int64_t>(*buckets), *limit, Percent{percent}}};
    if (overflows) {
        finding.evidence.push_back(rise_of(situation, kOverflow));
    }
    if (buckets) {
        finding.evidence.push_back(
            {{N_("{0} sockets in TIME-WAIT"), {static_cast<std::int64_t>(*buckets)}},
             Origin::Counter,
             "cat /proc/net/sockstat"});
    }
    if (limit) {
        finding.evidence.push_back(option_value(situation.now, kLimit));
    }
    finding.advice = {
        {N_("Raise net.ipv4.tcp_max_tw_buckets: a socket in TIME-WAIT takes about 256 bytes.")},
        {N_("Keep connections open and reuse them, or let the other end close first: TIME-WAIT "
            "stays with the end that closes first.")},
        {N_("Lowering the limit does not relieve anything, and net.ipv4.tcp_fin_timeout does not "
            "shorten TIME-WAIT.")}};
    return {finding};
}

}  // namespace

const Rule kTimeWaitBucketsNearLimit{
    .id = "time-wait-buckets-near-limit",
    .title = N_("TIME-WAIT comes near the kernel's limit, beyond which connections skip it."),
    .evaluate = evaluate,
};

}  // namespace tcpdx::diagnosis
