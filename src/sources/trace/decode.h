#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/result.h"
#include "model/trace/event.h"

namespace tcpdx::trace {

enum class RecordError : std::uint8_t { Truncated, UnknownKind, UnknownState };

// One record of the ring buffer, as bpf/trace_record.h describes it. Records may grow with a later
// version, so only short ones are refused. `reset_causes` is by the kernel's numbers.
[[nodiscard]] Result<Event, RecordError> decode(std::span<const std::byte> record,
                                                std::span<const ResetCause> reset_causes);

// What the kernel's names of reset reasons stand for.
[[nodiscard]] std::vector<ResetCause> reset_causes_of(const ReasonNames& names);

}  // namespace tcpdx::trace
