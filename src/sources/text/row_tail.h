#pragma once

#include "sources/text/row.h"
#include "sources/text/tokens.h"

namespace tcpdx::text {

// Reads what stands right of the state in a row of netstat, from token `first` up to `end`: user
// and inode, process, timer, or the columns that the header names.
void read_tail(Row& row, const Tokens& tokens, std::size_t first, std::size_t end,
               const TableContext& context);

// "5763/pppd", "0/[System Process]": fills in pid and program from the token `at` on, and returns
// the token behind it. `at` when there is no process.
std::size_t read_process(Row& row, const Tokens& tokens, std::size_t at, std::size_t end);

// "(7196.98/0/0)" behind a timer's name.
[[nodiscard]] std::optional<Timer> parse_netstat_timer(std::string_view word,
                                                       std::string_view numbers);

}  // namespace tcpdx::text
