// A SYN arrives, and this host has no route to where it came from. The listener drops it without a
// trace in the socket table: no SYN-RECEIVED, no drop event; ListenDrops and IpOutNoRoutes rise
// together (facts: row j4). Either counter alone means something else.

#include "diagnosis/rules/no_route_back.h"

#include <algorithm>

#include "base/i18n.h"
#include "diagnosis/counter_evidence.h"

namespace tcpdx::diagnosis {
namespace {

constexpr const char* kNoRoutes = "IpOutNoRoutes";
constexpr const char* kDrops = "TcpExtListenDrops";
constexpr const char* kOverflows = "TcpExtListenOverflows";

std::vector<Finding> evaluate(const Situation& situation) {
    const auto no_routes = situation.increase(kNoRoutes);
    const auto drops = situation.increase(kDrops);
    const auto overflows = situation.increase(kOverflows);
    if (!no_routes || !drops || !overflows || *no_routes == 0 || *drops <= *overflows ||
        !counters_concern(situation.asked)) {
        return {};
    }
    const std::uint64_t unexplained = *drops - *overflows;
    Finding finding;
    finding.claim = {N_("This host has no route back to a client: {0} SYNs could not be answered."),
                     {static_cast<std::int64_t>(std::min(unexplained, *no_routes))}};
    finding.evidence = {rise_of(situation, kNoRoutes), rise_of(situation, kDrops),
                        rise_of(situation, kOverflows)};
    // Without cookies a full queue of half-open connections drops SYNs in the same way, and the
    // routes may be missing for connections that a program of this host wants to open. The counters
    // then rise by different amounts, but they may do so by the same.
    const bool queue_may_be_full =
        situation.now.options.number("net.ipv4.tcp_syncookies").value_or(0) == 0;
    if (queue_may_be_full || *no_routes < unexplained) {
        finding.severity = Severity::Warning;
        finding.claim = {
            N_("SYNs are dropped, and this host misses a route: {0} and {1} times."),
            {static_cast<std::int64_t>(unexplained), static_cast<std::int64_t>(*no_routes)}};
        finding.candidates = {
            {{N_("This host has no route back to the client.")},
             {N_("the kernel names no route to the client's address")},
             "ip route get CLIENT"},
            {{N_("The queue of half-open connections is full, and a program of this host tries to "
                 "reach an address without a route.")},
             {N_("as many connections are in SYN-RECEIVED as the queue holds")},
             "ss -tan state syn-recv"}};
    } else {
        finding.severity = Severity::Problem;
    }
    finding.unknown = {{N_("which client it is: a capture of SYNs that get no answer shows it")}};
    finding.advice = {
        {N_("Look at the routes: ip route get CLIENT for the client's address, and ip rule when "
            "there are several tables.")},
        {N_("A default route that went away with an interface is the usual reason.")}};
    return {finding};
}

}  // namespace

const Rule kNoRouteBack{
    .id = "no-route-back",
    .title = N_("SYNs are not answered because there is no route to the client."),
    .evaluate = evaluate,
};

}  // namespace tcpdx::diagnosis
