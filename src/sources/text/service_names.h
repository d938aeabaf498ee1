#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace tcpdx::text {

// The TCP port of a service as netstat, ss and lsof print it without -n, in any case. A table of
// our own, since the host that reads a paste is not the one that made it. Nothing for names that
// are not in it.
[[nodiscard]] std::optional<std::uint16_t> port_of_service(std::string_view name);

}  // namespace tcpdx::text
