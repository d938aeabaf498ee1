#pragma once

#include <compare>
#include <cstdint>

#include "model/observations.h"

namespace tcpdx::diagnosis {

// Which end opened. Where the listing does not tell, by the port numbers: the lower one is the
// service, and below the dynamic ranges of all systems. Good enough to choose between two
// severities, and for nothing else.
[[nodiscard]] Opener probable_opener(const Connection& connection);

// Whose a connection is, as far as findings tell programs apart: the process, or the local port
// where none is known. The ports that a client connects from are all different, and a paste without
// owners is full of them: there they share port 0, that of the programs not shown.
struct OwnerKey {
    std::uint32_t process = kNoProcess;
    std::uint16_t local_port = 0;
    friend auto operator<=>(const OwnerKey&, const OwnerKey&) = default;
};
[[nodiscard]] OwnerKey owner_key(const Observations& seen, const Connection& connection);

}  // namespace tcpdx::diagnosis
