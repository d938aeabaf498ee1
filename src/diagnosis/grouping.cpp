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

namespace {

// The longest standing first. The ages are taken out before sorting: with many members nearly every
// look at a Connection is a cache miss.
void sort_by_age(const std::vector<Connection>& connections, std::vector<std::uint32_t>& members) {
    std::vector<std::pair<Age::Duration, std::uint32_t>> aged;
    aged.reserve(members.size());
    for (const std::uint32_t index : members) {
        aged.emplace_back(connections[index].age.lower.value_or(Age::Duration(-1)), index);
    }
    std::sort(aged.begin(), aged.end(), [](const auto& a, const auto& b) {
        return a.first != b.first ? a.first > b.first : a.second < b.second;
    });
    std::transform(aged.begin(), aged.end(), members.begin(),
                   [](const auto& each) { return each.second; });
}

class Groups {
public:
    explicit Groups(const Situation& situation) : situation_(situation) {}

    void add(std::uint32_t index) {
        const Connection& connection = situation_.now.connections[index];
        if (!is_asked_about(situation_, connection)) {
            return;
        }
        const OwnerKey owner = owner_key(situation_.now, connection);
        ConnectionGroup& group = groups_[owner];
        group.process = owner.process;
        group.local_port = owner.local_port;
        group.members.push_back(index);
    }

    std::vector<ConnectionGroup> sorted() &&;

private:
    const Situation& situation_;
    std::map<OwnerKey, ConnectionGroup> groups_;
};

std::vector<ConnectionGroup> Groups::sorted() && {
    const std::vector<Connection>& connections = situation_.now.connections;
    std::vector<ConnectionGroup> sorted;
    for (auto& [key, group] : groups_) {
        sort_by_age(connections, group.members);
        group.oldest = connections[group.members.front()].age;
        sorted.push_back(std::move(group));
    }
    std::stable_sort(sorted.begin(), sorted.end(), [](const auto& a, const auto& b) {
        return a.members.size() > b.members.size();
    });
    return sorted;
}

}  // namespace

std::vector<ConnectionGroup> group_by_owner(
    const Situation& situation, std::initializer_list<TcpState> states,
    const std::function<bool(const Connection&)>& concerned) {
    Groups groups(situation);
    for (const TcpState state : states) {
        for (const std::uint32_t index : situation.lookups().in_state(state)) {
            if (concerned(situation.now.connections[index])) {
                groups.add(index);
            }
        }
    }
    return std::move(groups).sorted();
}

std::vector<ConnectionGroup> group_by_owner(
    const Situation& situation, const std::function<bool(const Connection&)>& concerned) {
    Groups groups(situation);
    for (std::uint32_t index = 0; index < situation.now.connections.size(); ++index) {
        if (concerned(situation.now.connections[index])) {
            groups.add(index);
        }
    }
    return std::move(groups).sorted();
}

std::string name_of(const Process& process) {
    const std::string pid = "pid " + std::to_string(process.pid);
    return process.name.empty() ? pid : process.name + " (" + pid + ")";
}

Value name_of(const Situation& situation, const ConnectionGroup& group) {
    if (group.process < situation.now.processes.size()) {
        return name_of(situation.now.processes[group.process]);
    }
    return PortName{group.local_port};
}

Age known_age(const Situation& situation, const Connection& connection) {
    const Connection* before = situation.earlier_of(connection);
    const auto apart = situation.interval();
    if (before == nullptr || !apart || before->state != connection.state ||
        connection.age.surely_at_least(*apart)) {
        return connection.age;
    }
    return Age::at_least(*apart, AgeMethod::FirstSample);
}

std::vector<std::pair<IpAddress, std::size_t>> frequent_peers(
    const Observations& seen, const std::vector<std::uint32_t>& members, std::size_t most) {
    std::vector<IpAddress> addresses;
    addresses.reserve(members.size());
    for (const std::uint32_t index : members) {
        addresses.push_back(seen.connections[index].remote.address);
    }
    std::sort(addresses.begin(), addresses.end());
    std::vector<std::pair<IpAddress, std::size_t>> counted;
    for (const IpAddress& address : addresses) {
        if (counted.empty() || counted.back().first != address) {
            counted.emplace_back(address, 0);
        }
        ++counted.back().second;
    }
    const auto shown = static_cast<std::ptrdiff_t>(std::min(counted.size(), most));
    std::partial_sort(counted.begin(), counted.begin() + shown, counted.end(),
                      [](const auto& a, const auto& b) {
                          return a.second != b.second ? a.second > b.second : a.first < b.first;
                      });
    counted.resize(static_cast<std::size_t>(shown));
    return counted;
}

}  // namespace tcpdx::diagnosis
