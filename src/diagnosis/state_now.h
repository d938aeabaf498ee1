#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "model/observations.h"

namespace tcpdx::diagnosis {

struct OwnerCount {
    OwnerKind kind = OwnerKind::Unknown;
    std::uint32_t process = kNoProcess;  // index into Observations::processes
    std::size_t sockets = 0;
};

// The sockets of one state in one look.
struct StateNow {
    std::optional<std::size_t> sockets;  // empty: the look did not list this state
    Age oldest;                          // of those whose age is known
    std::vector<OwnerCount> owners;      // most sockets first
};

[[nodiscard]] StateNow state_now(const Observations& seen, TcpState state);

}  // namespace tcpdx::diagnosis
