#pragma once

#include <cstdint>

namespace tcpdx::wire {

// Sequence numbers wrap, so they compare by the shorter way round the circle (RFC 9293, 3.4). Two
// numbers half a circle apart have no order; TCP's windows keep them from being compared.
[[nodiscard]] constexpr std::int32_t sequence_distance(std::uint32_t from, std::uint32_t to) {
    return static_cast<std::int32_t>(to - from);
}
[[nodiscard]] constexpr bool before(std::uint32_t a, std::uint32_t b) {
    return sequence_distance(b, a) < 0;
}
[[nodiscard]] constexpr bool after(std::uint32_t a, std::uint32_t b) {
    return before(b, a);
}
[[nodiscard]] constexpr bool at_or_before(std::uint32_t a, std::uint32_t b) {
    return !before(b, a);
}
[[nodiscard]] constexpr bool at_or_after(std::uint32_t a, std::uint32_t b) {
    return !before(a, b);
}

// `number` lies in the `length` numbers from `start` on.
[[nodiscard]] constexpr bool in_range(std::uint32_t number, std::uint32_t start,
                                      std::uint32_t length) {
    return number - start < length;
}

}  // namespace tcpdx::wire
