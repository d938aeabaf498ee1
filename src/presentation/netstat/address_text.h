#pragma once

#include "model/ip_address.h"

namespace tcpdx::netstat {

// The longest text is that of a full IPv6 address.
inline constexpr int kLongestAddress = 45;

// Writes the address in numbers as netstat does, and returns the end: like inet_ntop(3), but a
// mapped address is shown as the IPv4 address that it holds. Needs room for kLongestAddress.
char* write_address(char* out, const IpAddress& address);

}  // namespace tcpdx::netstat
