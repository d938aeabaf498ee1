#include "diagnosis/source_ports.h"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <unordered_map>

namespace tcpdx::diagnosis {
namespace {

struct Destination {
    IpAddress local;
    SocketAddress remote;

    // Family-blind: an IPv6 socket with a mapped address shares the ports of IPv4.
    friend bool operator==(const Destination& a, const Destination& b) {
        return a.remote.port == b.remote.port && a.local.bytes == b.local.bytes &&
               a.remote.address.bytes == b.remote.address.bytes;
    }
};

struct DestinationHash {
    std::size_t operator()(const Destination& key) const {
        std::uint64_t hash = key.remote.port;
        for (const IpAddress* address : {&key.local, &key.remote.address}) {
            for (std::size_t half = 0; half < 2; ++half) {
                std::uint64_t word = 0;
                std::memcpy(&word, address->bytes.data() + half * sizeof word, sizeof word);
                hash = (hash ^ word) * 0x9e3779b97f4a7c15U;
                hash ^= hash >> 29U;
            }
        }
        return static_cast<std::size_t>(hash);
    }
};

bool holds_a_port(const Connection& connection) {
    return connection.state != TcpState::Listen && connection.state != TcpState::Closed &&
           connection.kind != SocketKind::RequestSocket;
}

}  // namespace

std::bitset<65536> parse_port_list(std::string_view text) {
    std::bitset<65536> ports;
    const char* at = text.data();
    const char* const end = at + text.size();
    while (at != end) {
        std::uint16_t first = 0;
        auto [next, error] = std::from_chars(at, end, first);
        if (error != std::errc()) {
            break;
        }
        std::uint16_t last = first;
        if (next != end && *next == '-') {
            const auto range = std::from_chars(next + 1, end, last);
            if (range.ec != std::errc()) {
                break;
            }
            next = range.ptr;
        }
        for (std::uint32_t port = first; port <= last; ++port) {
            ports.set(port);
        }
        if (next == end || *next != ',') {
            break;
        }
        at = next + 1;
    }
    return ports;
}

PortRange default_source_ports(HostSystem system) {
    switch (system) {
        case HostSystem::Windows:  // since Vista; netsh int ipv4 show dynamicport tcp
        case HostSystem::MacOs:    // net.inet.ip.portrange.first
        case HostSystem::OpenBsd:  // net.inet.ip.porthifirst
            return {49152, 65535};
        case HostSystem::FreeBsd:  // net.inet.ip.portrange.first
            return {10000, 65535};
        case HostSystem::Solaris:  // tcp_smallest_anon_port
        case HostSystem::Aix:      // tcp_ephemeral_low
            return {32768, 65535};
        case HostSystem::Linux:
        case HostSystem::Unknown:
            break;
    }
    return {32768, 60999};
}

std::optional<SourcePorts> source_ports(const Observations& seen) {
    constexpr std::string_view kRange = "net.ipv4.ip_local_port_range";
    auto first = seen.options.number(kRange, 0);
    auto last = seen.options.number(kRange, 1);
    if (seen.paste && (!first || !last)) {
        const PortRange range = default_source_ports(seen.paste->system);
        first = range.first;
        last = range.last;
    }
    if (!first || !last || *first < 0 || *last > 65535 || *first > *last) {
        return std::nullopt;
    }
    SourcePorts ports;
    ports.first = static_cast<std::uint16_t>(*first);
    ports.last = static_cast<std::uint16_t>(*last);
    for (const Connection& connection : seen.connections) {
        if (connection.is_listener()) {
            ports.listening.set(connection.local.port);
        }
    }
    const std::bitset<65536> reserved =
        parse_port_list(seen.options.text("net.ipv4.ip_local_reserved_ports").value_or(""));
    for (std::uint32_t port = ports.first; port <= ports.last; ++port) {
        ports.usable.set(port, !reserved.test(port) && !ports.listening.test(port));
    }
    ports.count = ports.usable.count();
    return ports;
}

bool uses_source_port(const SourcePorts& ports, const Connection& connection) {
    return holds_a_port(connection) && connection.opener != Opener::Passive &&
           ports.usable.test(connection.local.port);
}

bool same_destination(const SourcePortUse& a, const SourcePortUse& b) {
    return Destination{a.local, a.remote} == Destination{b.local, b.remote};
}

std::vector<SourcePortUse> source_port_use(const Observations& seen, const SourcePorts& ports) {
    std::unordered_map<Destination, SourcePortUse, DestinationHash> uses;
    for (std::uint32_t index = 0; index < seen.connections.size(); ++index) {
        const Connection& connection = seen.connections[index];
        if (!uses_source_port(ports, connection)) {
            continue;
        }
        SourcePortUse& use = uses[{connection.local.address, connection.remote}];
        use.local = connection.local.address;
        use.remote = connection.remote;
        ++use.used;
        use.members.push_back(index);
        use.time_wait += connection.state == TcpState::TimeWait ? 1U : 0U;
    }
    for (const TimeWaitsTowards& waiting : seen.client_time_waits) {
        SourcePortUse& use = uses[{waiting.local, waiting.remote}];
        use.local = waiting.local;
        use.remote = waiting.remote;
        use.used += waiting.count;
        use.time_wait += waiting.count;
        use.without_rows += waiting.count;
    }
    std::vector<SourcePortUse> sorted;
    sorted.reserve(uses.size());
    for (auto& [key, use] : uses) {
        sorted.push_back(std::move(use));
    }
    // Ties by address, so that the same host prints the same order every time.
    std::sort(sorted.begin(), sorted.end(), [](const SourcePortUse& a, const SourcePortUse& b) {
        return a.used != b.used ? a.used > b.used : a.remote < b.remote;
    });
    return sorted;
}

bool is_nearly_all(const SourcePorts& ports, std::uint64_t connections) {
    constexpr std::uint64_t kPercent = 95;
    return connections <= ports.count && connections * 100 >= ports.count * kPercent;
}

}  // namespace tcpdx::diagnosis
