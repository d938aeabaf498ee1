#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <unordered_map>

#include "base/result.h"

namespace tcpdx::sockdiag {

// Ages by the kernel's own time stamps, by socket cookie.
using ExactAges = std::unordered_map<std::uint64_t, std::chrono::milliseconds>;

// The exact ages of all sockets in SYN-SENT, SYN-RECEIVED and TIME-WAIT (the latter where the
// kernel stamps it) of the calling thread's network namespace, through a BPF iterator. Dump the
// sockets first: only a socket that was listed once has a cookie.
//
// PermissionDenied without CAP_BPF and CAP_PERFMON, Unsupported where the kernel has no TCP
// iterator or this program was built without BPF. The first call loads the program, which
// costs some 10 ms.
[[nodiscard]] Result<ExactAges> read_exact_ages();

}  // namespace tcpdx::sockdiag
