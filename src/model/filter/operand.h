#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>

#include "model/filter/expression.h"

namespace tcpdx::filter {

struct PortRange {
    std::uint16_t first = 0;
    std::uint16_t last = UINT16_MAX;
    friend bool operator==(const PortRange&, const PortRange&) = default;
};

// Names that only the host knows. Each answers nothing when there is none of that name; a function
// that is not set knows none.
struct Names {
    std::function<std::optional<std::uint16_t>(std::string_view)> service;
    std::function<std::optional<std::uint32_t>(std::string_view)> interface;
    std::function<std::optional<std::uint32_t>(std::string_view)> user;
    std::function<std::optional<std::uint64_t>(std::string_view)> cgroup;
    // The ports that the kernel gives to sockets which do not ask for one.
    std::function<std::optional<PortRange>()> automatic_ports;
};

// The values that conditions compare with. All of them take one whole word.

[[nodiscard]] std::optional<std::uint64_t> parse_number(std::string_view text);

// "64k", "1M": powers of 1024.
[[nodiscard]] std::optional<std::uint64_t> parse_size(std::string_view text);

// "90s", "1h30m", "1.5h", "250ms", "80us". A number alone has no unit and is refused, except zero.
[[nodiscard]] std::optional<std::chrono::microseconds> parse_duration(std::string_view text);

// "443", ":443", ":https", "inet:443", ":8000-8100", ":*"
[[nodiscard]] std::optional<PortRange> parse_port(std::string_view text, const Names& names);

struct Host {
    std::optional<IpFamily> family;
    std::optional<IpPrefix> prefix;
    std::optional<PortRange> ports;
};

// "10.0.0.0/8", "10/8", "192.0.2.1:443", "[2001:db8::]/32", "[::1]:ssh", "2001:db8::1", ":80",
// "*:80", "inet6:*"
[[nodiscard]] std::optional<Host> parse_host(std::string_view text, const Names& names);

// A state in any spelling, or one of ss(8)'s sets: all, connected, synchronized, bucket, big.
[[nodiscard]] std::optional<StateSet> parse_states(std::string_view text);

}  // namespace tcpdx::filter
