#pragma once

// From what was kept of all connections to what is told of them. Those that a rule may have
// something to say of are rebuilt one by one; all others stay small until somebody looks at one.

#include <cstdint>
#include <memory>

#include "model/captured.h"
#include "sources/capture/compact_store.h"

namespace tcpdx::capture {

// Fills in `connections`, `compact` and `compact_sums`. `end_ns`: when the capture ended.
void gather(std::shared_ptr<const CompactStore> store, std::int64_t end_ns, Captured& captured);

// The end, in the order of the key, that opened the connection or spoke first.
[[nodiscard]] std::uint8_t opener_side(const LiveConnection& connection);

}  // namespace tcpdx::capture
