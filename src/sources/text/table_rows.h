#pragma once

#include "sources/text/row.h"
#include "sources/text/tokens.h"

namespace tcpdx::text {

// Finds the row of a socket table in a line by its shape, whatever stands before it: a protocol or
// a state, queues, two endpoints, a state. Fits netstat of every system, ss and their copies.
[[nodiscard]] RowReading read_table_row(const Tokens& tokens, const TableContext& context);

// Whether a line has what a socket row has (two endpoints and a state or a protocol), so that it
// must not pass for prose when it could not be read.
[[nodiscard]] bool looks_like_row(const Tokens& tokens);

}  // namespace tcpdx::text
