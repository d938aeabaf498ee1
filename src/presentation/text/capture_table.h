#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "model/captured.h"
#include "presentation/text/output.h"

namespace tcpdx {

// What was read, from when to when, and what of it could not be used: a few lines.
[[nodiscard]] std::string capture_summary(const Captured& captured, const Screen& screen);

// One line per connection. `numbers` are indexes into captured.connections.
[[nodiscard]] std::string capture_table(const Captured& captured,
                                        const std::vector<std::uint32_t>& numbers,
                                        const Screen& screen);

// Connections and what became of them, by listener: the most attempts first.
[[nodiscard]] std::string capture_listeners(const Captured& captured, std::size_t most,
                                            const Screen& screen);

// "850 µs", "60.5 ms", "2.01 s", "3 m 12 s".
[[nodiscard]] std::string short_time(std::chrono::nanoseconds duration);

}  // namespace tcpdx
