#pragma once

// Numbers that an attacker who does not see the segments must not be able to guess.

#include <array>
#include <cstdint>
#include <span>

#include "endpoint/time.h"
#include "model/ip_address.h"

namespace tcpdx::endpoint {

// The addresses of a connection, as one end sees them.
struct FourTuple {
    SocketAddress local;
    SocketAddress remote;

    friend auto operator<=>(const FourTuple&, const FourTuple&) = default;
};

using Secret = std::array<std::uint64_t, 2>;

// SipHash-2-4 by J.-P. Aumasson and D. J. Bernstein: a keyed function whose key cannot be worked
// out from its results.
[[nodiscard]] std::uint64_t siphash(const Secret& key, std::span<const std::byte> bytes);

// ISN = M + F(addresses, ports, secret), where M ticks every 4 microseconds (RFC 6528, 3).
[[nodiscard]] std::uint32_t initial_sequence(const Secret& key, const FourTuple& tuple, Time now);

// Where the clock of the connection's timestamps begins (RFC 7323, 5.4).
[[nodiscard]] std::uint32_t timestamp_offset(const Secret& key, const FourTuple& tuple);

// Where to begin looking for a free source port: algorithm 3 of RFC 6056, without its port.
[[nodiscard]] std::uint32_t port_offset(const Secret& key, const FourTuple& tuple);

}  // namespace tcpdx::endpoint
