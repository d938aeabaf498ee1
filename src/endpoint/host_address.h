#pragma once

#include "model/ip_address.h"

namespace tcpdx::endpoint {

// Whether one host can have this address: not unspecified, not broadcast, not multicast (RFC 9293,
// MUST-46, 57 and 63). A subnet's own broadcast address is not known here.
[[nodiscard]] bool may_be_host(const IpAddress& address);

}  // namespace tcpdx::endpoint
