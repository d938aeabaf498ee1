#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "model/observations.h"
#include "sources/text/tokens.h"

namespace tcpdx::text {

// One line of `sort | uniq -c` or of an awk that counts states.
struct StateCount {
    TcpState state = TcpState::Closed;
    std::uint64_t count = 0;
    bool added = false;  // one of several lines for a state: "41 tcp6 TIME_WAIT"
};

// "28230 TIME_WAIT", "TIME_WAIT 28230", "TIME_WAIT: 28230", "8388 01 ESTABLISHED".
[[nodiscard]] std::optional<StateCount> parse_state_count(const Tokens& tokens);

// Words of netstat's headers that `uniq -c` counted as if they were states: "1 Foreign".
[[nodiscard]] bool is_counted_header(const Tokens& tokens);

// `ss -s` and /proc/net/sockstat. False when the line is of neither.
struct Summary {
    std::array<std::optional<std::uint64_t>, kAllTcpStates.size()> states{};
    SocketTotals totals;
};
[[nodiscard]] bool read_summary_line(Summary& summary, const Tokens& tokens);

}  // namespace tcpdx::text
