#pragma once

#include <optional>
#include <string_view>

#include "model/netstat_tables.h"

namespace tcpdx::proc_tables {

// A line of /proc/net/route; nothing for the heading and for a line cut before its window.
//
//   Iface Destination Gateway Flags RefCnt Use Metric Mask MTU Window IRTT
//   eth0  000200C0    00000000 0001 0      0   0      00FFFFFF 0 0 0
[[nodiscard]] std::optional<RouteV4> parse_route_v4(std::string_view line);

// A line of /proc/net/ipv6_route: target, its prefix length, source, its prefix length, next hop,
// metric, references, use, flags, interface; all in hexadecimal.
[[nodiscard]] std::optional<RouteV6> parse_route_v6(std::string_view line);

// 32 hexadecimal digits in network order, as in ipv6_route, if_inet6 and igmp6.
[[nodiscard]] std::optional<IpAddress> parse_v6_digits(std::string_view digits);

}  // namespace tcpdx::proc_tables
