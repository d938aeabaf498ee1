// An idle connection without keepalive never finds out that its peer was switched off, or that a
// firewall or NAT on the way has forgotten it: the next request then hangs for minutes. From here
// neither can be seen (facts: rows t, w), so this is information about a risk, never more. Only
// SO_KEEPALIVE of the program starts the timer; the kernel options alone do nothing (measured).
//
// Connections within this host are left out: there is nothing between their ends.

#include "diagnosis/rules/idle_without_keepalive.h"

#include <algorithm>

#include "base/i18n.h"
#include "diagnosis/counter_evidence.h"
#include "diagnosis/grouping.h"
#include "diagnosis/this_host.h"
#include "model/age_estimate.h"

namespace tcpdx::diagnosis {
namespace {

constexpr std::size_t kShownPrograms = 5;

std::vector<Finding> evaluate(const Situation& situation) {
    const auto concerned = [&](const Connection& connection) {
        const auto idle = idle_time(connection);
        return idle && *idle >= situation.limits.idle && connection.timer &&
               connection.timer->kind == TimerKind::None &&
               connection.owner.kind != OwnerKind::NeverAccepted && !within_this_host(connection);
    };
    const std::vector<ConnectionGroup> groups = group_by_owner(situation, concerned);
    if (groups.empty()) {
        return {};
    }
    Finding finding;
    Limits::Duration longest{0};
    for (const ConnectionGroup& group : groups) {
        for (const std::uint32_t index : group.members) {
            finding.connections.push_back(index);
            longest = std::max(longest, *idle_time(situation.now.connections[index]));
        }
    }
    finding.severity = Severity::Information;
    finding.claim = {
        N_("{0} connections without keepalive have been idle for over {1}."),
        {static_cast<std::int64_t>(finding.connections.size()), situation.limits.idle}};
    finding.evidence = {{{N_("no data in either direction, the longest for {0}"), {longest}},
                         Origin::SocketTable,
                         "ss -tani state established"},
                        {{N_("no keepalive timer runs on them")},
                         Origin::SocketTable,
                         "ss -tano state established"}};
    for (std::size_t i = 0; i < std::min(groups.size(), kShownPrograms); ++i) {
        finding.evidence.push_back(
            {{N_("{0} has {1} of them"),
              {name_of(situation, groups[i]), static_cast<std::int64_t>(groups[i].members.size())}},
             Origin::Process,
             "ss -tanop state established"});
    }
    finding.unknown = {
        {N_("whether the peers still know these connections: only sending "
            "something shows that")}};
    finding.advice = {
        {N_("Nothing is wrong yet. When first requests after a pause hang, set SO_KEEPALIVE in the "
            "program (or its own heartbeat), more often than the firewall on the way forgets.")},
        {N_("net.ipv4.tcp_keepalive_time and its relatives have no effect on sockets without "
            "SO_KEEPALIVE.")}};
    return {finding};
}

}  // namespace

const Rule kIdleWithoutKeepalive{
    .id = "idle-without-keepalive",
    .title = N_("Idle connections without keepalive would not notice that their peer is gone."),
    .evaluate = evaluate,
    .harmless = true,
};

}  // namespace tcpdx::diagnosis
