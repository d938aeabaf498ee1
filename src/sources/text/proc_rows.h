#pragma once

#include "sources/text/row.h"
#include "sources/text/tokens.h"

namespace tcpdx::text {

// A row of /proc/net/tcp or tcp6.
[[nodiscard]] RowReading read_proc_row(const Tokens& tokens);

}  // namespace tcpdx::text
