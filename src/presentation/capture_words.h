#pragma once

// Names and texts for what a capture shows, the same in every form of output.

#include <string>
#include <string_view>

#include "model/captured.h"

namespace tcpdx {

// For programs: never translated.
[[nodiscard]] std::string_view outcome_name(CapturedOutcome outcome);
[[nodiscard]] std::string_view limit_name(CaptureLimit limit);
[[nodiscard]] std::string_view cause_name(CapturedCause cause);
[[nodiscard]] std::string_view mark_name(SegmentMark mark);
[[nodiscard]] std::string_view near_name(NearEnd near);

// For people, N_() marked.
[[nodiscard]] const char* outcome_text(CapturedOutcome outcome);
[[nodiscard]] const char* limit_text(CaptureLimit limit);

// "SYN", "FIN+ACK", "ICMP 3/1": as on an arrow. Never translated.
[[nodiscard]] std::string segment_label(const CapturedSegment& segment);

// More than fit on a line, and than anyone reads: --json lists them all.
[[nodiscard]] bool is_too_many(const StateSet& possible);

// "ESTABLISHED", or the states among which the capture cannot tell: "ESTABLISHED | FIN-WAIT-1", or
// in the reader's language that there are too many.
[[nodiscard]] std::string possible_states(const StateSet& possible);

}  // namespace tcpdx
