#pragma once

// How single values of a life are kept.

#include <cstddef>
#include <cstdint>
#include <span>

#include "model/trace/life.h"

namespace tcpdx::history {

// 4 or 16 bytes, valid as long as the address.
[[nodiscard]] std::span<const std::byte> bytes_of(const IpAddress& address);
// 0.0.0.0 or :: where there are not so many bytes.
[[nodiscard]] IpAddress address_from(std::span<const std::byte> bytes);

// What is yes or no about a life, a bit each.
[[nodiscard]] std::uint8_t flags_of(const trace::Life& life);
void set_flags(trace::Life& life, std::uint8_t flags);

// A number that no enumerator has comes from a damaged file, or from a later version.
template <class Enum>
Enum enum_from(std::int64_t value, Enum last) {
    return value >= 0 && value <= static_cast<std::int64_t>(last) ? static_cast<Enum>(value)
                                                                  : Enum{};
}

}  // namespace tcpdx::history
