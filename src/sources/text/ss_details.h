#pragma once

#include <chrono>
#include <optional>
#include <string_view>

#include "sources/text/row.h"
#include "sources/text/tokens.h"

namespace tcpdx::text {

// Which optional numbers a version of ss prints when they are not zero. Known when any row has
// them: then a row without them has zero, and otherwise nobody knows.
struct SsAbilities {
    bool bytes_sent = false;
    bool peer_window = false;
    bool timers = false;
};

// Reads what stands right of the peer in a row of ss: users, timer, inode, and with -i -m what
// others have on a second line. Returns where in the line the next row begins, when rows were
// joined, or the line's size.
std::size_t read_ss_extras(Row& row, const Tokens& tokens, std::size_t first);

// A second line of `ss -i -m`, or a part of one. Returns how much of the line it is (all of it,
// unless the next row was joined to it), or 0 when it is none.
std::size_t read_ss_details(Row& row, std::string_view line);

// "1min11sec", "2.067ms" (two seconds: ss writes them with a dot), "198ms", "15sec".
[[nodiscard]] std::optional<std::chrono::milliseconds> parse_ss_duration(std::string_view text);

}  // namespace tcpdx::text
