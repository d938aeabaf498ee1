#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "sources/probe/kernel_address.h"

namespace tcpdx::probe {

enum class ResolveFailure : std::uint8_t {
    UnknownHost,
    NoAddressOfFamily,
    NoAnswer,  // the name servers do not answer; trying again may help
    Other,
};

// All addresses of `host` (a name or an address, a link-local one with its %interface), in the
// order in which programs try them. Blocks as long as the name service does.
[[nodiscard]] Result<std::vector<Target>, ResolveFailure> resolve(const std::string& host,
                                                                  std::uint16_t port,
                                                                  std::optional<IpFamily> family);

}  // namespace tcpdx::probe
