#pragma once

#include <cstddef>
#include <span>

#include "base/result.h"
#include "model/connection.h"

namespace tcpdx::sockdiag {

// Reads the payload of one answer: struct inet_diag_msg and its attributes (linux/inet_diag.h).
// Allocates nothing. Age and opener are left empty: see model/age_estimate.h and model/opener.h.
[[nodiscard]] Result<Connection, ErrorCode> parse_inet_diag(std::span<const std::byte> payload);

}  // namespace tcpdx::sockdiag
