#include "diagnosis/state_now.h"

#include <algorithm>
#include <map>
#include <utility>

namespace tcpdx::diagnosis {

StateNow state_now(const Observations& seen, TcpState state) {
    StateNow now;
    const bool listed =
        state == TcpState::Listen ? seen.coverage.listeners : seen.coverage.connections;
    if (!listed) {
        return now;
    }
    now.sockets = 0;
    std::map<std::pair<OwnerKind, std::uint32_t>, std::size_t> owners;
    for (const Connection& connection : seen.connections) {
        if (connection.state != state) {
            continue;
        }
        ++*now.sockets;
        ++owners[{connection.owner.kind, connection.owner.process}];
        // A socket of unknown age is no younger than any other: it just does not count here.
        if (connection.age.lower > now.oldest.lower) {
            now.oldest = connection.age;
        }
    }
    for (const auto& [owner, sockets] : owners) {
        now.owners.push_back({owner.first, owner.second, sockets});
    }
    std::stable_sort(
        now.owners.begin(), now.owners.end(),
        [](const OwnerCount& a, const OwnerCount& b) { return a.sockets > b.sockets; });
    return now;
}

}  // namespace tcpdx::diagnosis
