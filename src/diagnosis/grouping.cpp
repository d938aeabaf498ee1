#include "diagnosis/grouping.h"

#include <algorithm>
#include <map>

namespace tcpdx::diagnosis {

bool is_asked_about(const Situation& situation, const Connection& connection) {
    const Inquiry& asked = situation.asked;
    if (asked.port && connection.local.port != *asked.port &&
        connection.remote.port != *asked.port) {
        return false;
    }
    if (asked.pid) {
        const Process* process = situation.now.process_of(connection);
        if (process == nullptr || process->pid != *asked.pid) {
            return false;
        }
    }
    return !asked.address || asked.address->contains(connection.remote.address) ||
           asked.address->contains(connection.local.address);
}

std::vector<ConnectionGroup> group_by_owner(
    const Situation& situation, const std::function<bool(const Connection&)>& concerned) {
    std::map<std::pair<std::uint32_t, std::uint16_t>, ConnectionGroup> groups;
    const std::vector<Connection>& connections = situation.now.connections;
    for (std::uint32_t index = 0; index < connections.size(); ++index) {
        const Connection& connection = connections[index];
        if (!concerned(connection) || !is_asked_about(situation, connection)) {
            continue;
        }
        const std::uint32_t process = connection.owner.process;
        const std::uint16_t port = process == kNoProcess ? connection.local.port : std::uint16_t{0};
        ConnectionGroup& group = groups[{process, port}];
        group.process = process;
        group.local_port = port;
        group.members.push_back(index);
    }

    std::vector<ConnectionGroup> sorted;
    for (auto& [key, group] : groups) {
        std::stable_sort(group.members.begin(), group.members.end(),
                         [&](std::uint32_t a, std::uint32_t b) {
                             return connections[a].age.lower > connections[b].age.lower;
                         });
        group.oldest = connections[group.members.front()].age;
        sorted.push_back(std::move(group));
    }
    std::stable_sort(sorted.begin(), sorted.end(), [](const auto& a, const auto& b) {
        return a.members.size() > b.members.size();
    });
    return sorted;
}

std::string name_of(const Process& process) {
    return process.name + " (pid " + std::to_string(process.pid) + ")";
}

std::string name_of(const Situation& situation, const ConnectionGroup& group) {
    if (group.process < situation.now.processes.size()) {
        return name_of(situation.now.processes[group.process]);
    }
    return "port " + std::to_string(group.local_port);
}

const Connection* listener_of(const Observations& seen, const Connection& connection) {
    const Connection* best = nullptr;
    for (const Connection& candidate : seen.connections) {
        if (!candidate.is_listener() || candidate.local.port != connection.local.port) {
            continue;
        }
        if (candidate.local.address.same_host(connection.local.address)) {
            return &candidate;
        }
        if (candidate.local.address.is_any() && best == nullptr) {
            best = &candidate;
        }
    }
    return best;
}

std::vector<std::pair<IpAddress, std::size_t>> frequent_peers(
    const Observations& seen, const std::vector<std::uint32_t>& members, std::size_t most) {
    std::map<IpAddress, std::size_t> counts;
    for (const std::uint32_t index : members) {
        ++counts[seen.connections[index].remote.address];
    }
    std::vector<std::pair<IpAddress, std::size_t>> sorted(counts.begin(), counts.end());
    std::stable_sort(sorted.begin(), sorted.end(),
                     [](const auto& a, const auto& b) { return a.second > b.second; });
    sorted.resize(std::min(sorted.size(), most));
    return sorted;
}

}  // namespace tcpdx::diagnosis
