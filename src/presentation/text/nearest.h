#pragma once

#include <optional>
#include <span>
#include <string_view>

namespace tcpdx {

// The word that a mistyped one was most likely meant to be, without regard to case and to `-` or
// `_`. Empty when none is near enough to be worth suggesting.
[[nodiscard]] std::optional<std::string_view> nearest(std::string_view typed,
                                                      std::span<const std::string_view> words);

}  // namespace tcpdx
