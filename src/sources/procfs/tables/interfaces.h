#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "model/netstat_tables.h"

namespace tcpdx::proc_tables {

// A line of /proc/net/dev: "  eth0: " and sixteen numbers. Nothing for the two headings.
[[nodiscard]] std::optional<std::pair<std::string_view, InterfaceTraffic>> parse_interface_traffic(
    std::string_view line);

// A line of /proc/net/if_inet6: address, interface index, prefix length, scope, flags, interface;
// the numbers in hexadecimal.
[[nodiscard]] std::optional<std::pair<std::string_view, InterfaceAddressV6>> parse_interface_v6(
    std::string_view line);

// Compares names as netstat does: by what comes before a number at the end, then by that number, so
// that eth2 comes before eth10.
[[nodiscard]] bool natural_less(std::string_view left, std::string_view right);

// Every interface of the namespace and every IPv4 label of one, in netstat's order.
[[nodiscard]] Result<std::vector<NetworkInterface>> read_interfaces();

}  // namespace tcpdx::proc_tables
