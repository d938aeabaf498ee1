#include "diagnosis/finding_identity.h"

#include <optional>

#include "diagnosis/owner_key.h"

namespace tcpdx::diagnosis {
namespace {

// By name: a service that was restarted has another process, and the same trouble.
std::string owner_of(const Observations& seen, const Connection& connection) {
    const Process* process = seen.process_of(connection);
    return process == nullptr ? std::string() : process->name;
}

std::string service_of(const Connection& connection) {
    if (connection.is_listener() || probable_opener(connection) == Opener::Passive) {
        return ":" + std::to_string(connection.local.port);
    }
    return to_string(connection.remote);
}

// The one that all of them have; empty when they differ.
template <class Of>
std::string shared(const Observations& seen, const Finding& finding, const Of& of) {
    std::optional<std::string> common;
    for (const std::uint32_t index : finding.connections) {
        std::string each = of(seen.connections[index]);
        if (common && *common != each) {
            return {};
        }
        common = std::move(each);
    }
    return common.value_or("");
}

std::string names_in(const Message& claim) {
    std::string names;
    for (const Value& value : claim.values) {
        if (const auto* text = std::get_if<std::string>(&value)) {
            names += "|" + *text;
        } else if (const auto* port = std::get_if<Port>(&value)) {
            names += "|" + std::to_string(port->number);
        } else if (const auto* named = std::get_if<PortName>(&value)) {
            names += "|" + std::to_string(named->number);
        } else if (const auto* address = std::get_if<SocketAddress>(&value)) {
            names += "|" + to_string(*address);
        } else if (const auto* host = std::get_if<IpAddress>(&value)) {
            names += "|" + to_string(*host);
        }
    }
    return names;
}

}  // namespace

std::string identity_of(const Observations& seen, const Finding& finding) {
    std::string identity =
        std::to_string(seen.network_namespace.inode) + "|" + std::string(finding.rule_id);
    if (!finding.subject.empty()) {
        return identity + "|" + finding.subject;
    }
    if (finding.connections.empty()) {
        return identity + names_in(finding.claim);
    }
    identity +=
        "|" + shared(seen, finding, [&](const Connection& each) { return owner_of(seen, each); });
    return identity + "|" + shared(seen, finding, service_of);
}

}  // namespace tcpdx::diagnosis
