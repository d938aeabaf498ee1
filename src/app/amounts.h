#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

namespace tcpdx::app {

// "30s", "5m", "2h", "30d"; a number alone is seconds.
[[nodiscard]] std::optional<std::chrono::seconds> parse_duration(std::string_view text);

// "500M", "1G", "100k" (powers of 1024); a number alone is bytes.
[[nodiscard]] std::optional<std::uint64_t> parse_size(std::string_view text);

// A moment, since 1970: "2026-11-25T03:12:00Z" and other offsets, "2026-11-25 03:12" in the zone of
// this host, "03:12" for the last time that it was so, seconds since 1970, and "10m" or
// "-10m" for ten minutes before `now`. A negative number is seconds before now.
[[nodiscard]] std::optional<std::chrono::microseconds> parse_moment(std::string_view text,
                                                                    std::chrono::microseconds now);

}  // namespace tcpdx::app
