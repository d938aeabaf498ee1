#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace tcpdx::diagnosis {

// The one port that a command line selects: with grep or findstr, a filter of ss, or -i of lsof.
// Empty when it selects none, several, or something else.
[[nodiscard]] std::optional<std::uint16_t> port_selected_by(std::string_view command);

}  // namespace tcpdx::diagnosis
