#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "base/result.h"
#include "history/bytes.h"
#include "model/trace/life.h"

namespace tcpdx::history {

// The steps of a life as bytes, for one cell of a table. 14 bytes for an ordinary step:
//
//     version (1)  state before the first (1; 255: not known)  then per step:
//     state (1)  kind (1)  flaw (1)  cause (1 + its text's own identity, 4)
//     latest, in nanoseconds since the step before (varint)
//     latest - earliest (varint), or 0 and a mark when it began unseen
//
// A cause is kept by a hash of what its row says, since rows of the table may come and go.
[[nodiscard]] std::vector<std::byte> steps_to_bytes(const trace::Life& life);

// Fills in steps and began_as. A cause that the table does not have any more becomes null.
[[nodiscard]] Result<> steps_from_bytes(std::span<const std::byte> bytes, trace::Life& life);

// The parts of that, for those that keep many lives together.
void put_began_as(ByteWriter& out, const trace::Life& life);
[[nodiscard]] bool take_began_as(ByteReader& in, trace::Life& life);

struct KeptStep {
    trace::Step step;
    bool began_unseen = false;  // its `earliest` is 0, whatever its `latest` comes to
};
// All but the times.
void put_step(ByteWriter& out, const trace::Step& step);
// Empty when there is no such step.
[[nodiscard]] std::optional<KeptStep> take_step(ByteReader& in);
// Returns its `latest`, which is never before that of the step before.
trace::Time put_times(ByteWriter& out, const trace::Step& step, trace::Time before);
[[nodiscard]] bool take_times(ByteReader& in, KeptStep& kept, trace::Time before);

}  // namespace tcpdx::history
