#pragma once

#include <cstdint>
#include <vector>

#include "model/captured.h"
#include "sources/capture/live_connection.h"

namespace tcpdx::capture {

// Both ends' states, and everything else that is told of a connection, from what was kept of it.
// `opener` is an end in the order of the key; `log` is all of the connection's log; `end_ns` is
// when the capture ended.
[[nodiscard]] CapturedConnection rebuild(const LiveConnection& connection, std::uint8_t opener,
                                         std::vector<LogEntry> log, std::int64_t end_ns);

// An end that opens the next connection on the same ports at `opens` has left this one, of which
// the last was captured at `last`; how it did so may not have been.
void tell_unseen_end(CaptureTime opens, std::uint32_t packet, CaptureTime last, CapturedEnd& end);

// Where the capture was made, alone.
[[nodiscard]] NearEnd near_end_of(const LiveConnection& connection, std::uint8_t opener,
                                  std::vector<LogEntry>& log);

}  // namespace tcpdx::capture
