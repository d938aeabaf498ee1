#pragma once

#include <bitset>
#include <cstdint>
#include <optional>
#include <vector>

#include "diagnosis/rule.h"

namespace tcpdx::diagnosis {

// The ports from which the kernel takes the source port of a connect(): the range, less the
// reserved ones, less those that something listens on (connect() skips every port that a bind()
// holds).
struct SourcePorts {
    std::uint16_t first = 0;
    std::uint16_t last = 0;
    std::bitset<65536> usable;
    std::size_t count = 0;  // of usable
    std::bitset<65536> listening;
};

// The range that a system has out of the box: what a paste, which seldom shows the option, has to
// be measured by.
struct PortRange {
    std::uint16_t first = 0;
    std::uint16_t last = 0;
    [[nodiscard]] std::size_t count() const { return std::size_t{last} - first + 1; }
};
[[nodiscard]] PortRange default_source_ports(HostSystem system);

// Empty when the range is not known; of a paste without the option, by the default. Reserved ports
// that are not known only make `count` too large.
[[nodiscard]] std::optional<SourcePorts> source_ports(const Observations& seen);

// Source ports are used up per local address, remote address and remote port: another remote
// address or port starts with all of them free.
struct SourcePortUse {
    IpAddress local;
    SocketAddress remote;
    std::size_t used = 0;
    std::size_t time_wait = 0;           // of used
    std::size_t without_rows = 0;        // of time_wait: Observations::client_time_waits
    std::vector<std::uint32_t> members;  // the others: indexes into Observations::connections
};

[[nodiscard]] bool same_destination(const SourcePortUse& a, const SourcePortUse& b);

// Whether this connection was opened from here and holds one of `ports`. A connection that came in
// does not use up a source port, however many there are.
[[nodiscard]] bool uses_source_port(const SourcePorts& ports, const Connection& connection);

// In one pass over the connections; the destination with the most ports first.
[[nodiscard]] std::vector<SourcePortUse> source_port_use(const Observations& seen,
                                                         const SourcePorts& ports);

// A bare number of connections that is nearly all of the ports is unlikely to be one by chance; a
// greater one cannot be of one destination.
[[nodiscard]] bool is_nearly_all(const SourcePorts& ports, std::uint64_t connections);

// Ports that a comma-separated list with ranges names ("8080,9148-9150"), as in
// ip_local_reserved_ports. Stops at what it does not understand.
[[nodiscard]] std::bitset<65536> parse_port_list(std::string_view text);

}  // namespace tcpdx::diagnosis
