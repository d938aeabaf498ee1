#include "diagnosis/capture_evidence.h"

#include <algorithm>
#include <map>

#include "base/i18n.h"
#include "diagnosis/evidence.h"

namespace tcpdx::diagnosis {

std::vector<CapturedGroup> grouped(const std::vector<const CapturedConnection*>& connections,
                                   std::size_t end) {
    std::map<SocketAddress, CapturedGroup> by_address;
    for (const CapturedConnection* connection : connections) {
        CapturedGroup& group = by_address[connection->ends.at(end).address];
        group.address = connection->ends.at(end).address;
        group.members.push_back(connection);
    }
    std::vector<CapturedGroup> groups;
    for (auto& [address, group] : by_address) {
        groups.push_back(std::move(group));
    }
    std::stable_sort(groups.begin(), groups.end(),
                     [](const CapturedGroup& a, const CapturedGroup& b) {
                         return a.members.size() > b.members.size();
                     });
    return groups;
}

Observation captured_fact(const Situation& situation, const CapturedConnection& connection,
                          Message fact) {
    const std::string& command = situation.now.captured->command;
    return {.fact = std::move(fact),
            .origin = Origin::Packet,
            .check = command.empty()
                         ? std::string()
                         : command + " --connection " + std::to_string(connection.number)};
}

void add_connection(Finding& finding, const Situation& situation,
                    const CapturedConnection& connection) {
    const auto index = &connection - situation.now.captured->connections.data();
    finding.connections.push_back(static_cast<std::uint32_t>(index));
}

void add_groups(Finding& finding, const Situation& situation,
                const std::vector<CapturedGroup>& groups) {
    constexpr std::size_t kShown = 5;
    for (const CapturedGroup& group : groups) {
        for (const CapturedConnection* member : group.members) {
            add_connection(finding, situation, *member);
        }
    }
    for (std::size_t i = 0; i < std::min(kShown, groups.size()); ++i) {
        const CapturedGroup& group = groups[i];
        finding.evidence.push_back(
            captured_fact(situation, *group.members.front(),
                          {N_("{0}: connections {1}, the first is number {2}"),
                           {group.address, count_of(group.members.size()),
                            std::int64_t{group.members.front()->number}}}));
    }
    if (groups.size() > kShown) {
        finding.evidence.push_back(
            {.fact = {N_("and further addresses: {0}"), {count_of(groups.size() - kShown)}},
             .origin = Origin::Packet});
    }
}

std::chrono::milliseconds to_ms(std::chrono::nanoseconds duration) {
    return std::chrono::duration_cast<std::chrono::milliseconds>(duration);
}

bool goes_on(const Captured& captured, const CapturedConnection& connection,
             std::chrono::milliseconds silence) {
    return captured.last && *captured.last - connection.last >= silence;
}

}  // namespace tcpdx::diagnosis
