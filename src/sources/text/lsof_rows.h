#pragma once

#include "sources/text/row.h"
#include "sources/text/tokens.h"

namespace tcpdx::text {

// A row of `lsof -i`: "java 27836 user 1712r IPv4 844147418 0t0 TCP a:80->b:60494 (CLOSE_WAIT)",
// with or without the columns of threads and sizes. UDP sockets and files are other rows.
[[nodiscard]] RowReading read_lsof_row(const Tokens& tokens);

}  // namespace tcpdx::text
