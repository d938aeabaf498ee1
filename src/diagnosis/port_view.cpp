#include "diagnosis/port_view.h"

#include <algorithm>

namespace tcpdx::diagnosis {
namespace {

// facts that decide between "no SYN comes", "it is refused" and "it is dropped, by whom".
constexpr std::array kTellingCounters{
    "TcpPassiveOpens",        // connections completed by a client
    "TcpExtListenOverflows",  // accept queue full
    "TcpExtListenDrops",      // SYN or final ACK refused by a listener, whatever the reason
    "TcpExtSyncookiesSent",   // half-open queue full
    "TcpExtTCPReqQFullDrop",     "TcpExtTCPMD5NotFound", "TcpOutRsts",
    "TcpExtIPReversePathFilter", "IpOutNoRoutes",
};

}  // namespace

PortView view_port(const Situation& situation, std::uint16_t port) {
    PortView view{.port = port};
    const bool two_looks = situation.earlier != nullptr;
    std::size_t arrived = 0;
    std::size_t half_open = 0;
    std::uint64_t drops = 0;
    bool drops_known = two_looks;
    const std::vector<Connection>& connections = situation.now.connections;
    for (std::uint32_t index = 0; index < connections.size(); ++index) {
        const Connection& connection = connections[index];
        if (connection.local.port != port) {
            continue;
        }
        if (!connection.is_listener()) {
            if (connection.opener == Opener::Active) {
                continue;  // a client that happens to use the number as its source port
            }
            ++view.state_counts[static_cast<std::size_t>(connection.state)];
            view.never_accepted += connection.owner.kind == OwnerKind::NeverAccepted ? 1U : 0U;
            if (two_looks && situation.earlier_of(connection) == nullptr) {
                ++(connection.state == TcpState::SynReceived ? half_open : arrived);
            }
            continue;
        }
        view.listeners.push_back(index);
        // One that is new has counted from nothing.
        const Connection* before = situation.earlier_of(connection);
        const auto at_first = before == nullptr ? std::optional(0U) : before->drops;
        if (!at_first || !connection.drops) {
            drops_known = false;
        } else {
            drops += *connection.drops - std::min(*connection.drops, *at_first);
        }
    }
    if (two_looks) {
        view.new_connections = arrived;
        view.new_half_open = half_open;
    }
    if (drops_known && !view.listeners.empty()) {
        view.drops_by_listeners = drops;
    }
    for (const char* name : kTellingCounters) {
        if (const auto increase = situation.increase(name)) {
            view.counter_increases.emplace_back(name, *increase);
        }
    }
    return view;
}

}  // namespace tcpdx::diagnosis
