#pragma once

#include <array>
#include <string_view>

#include "model/trace/life.h"

namespace tcpdx::trace {

// How a connection ended, all but Open: in the order in which they are counted for a reader.
inline constexpr std::array kAllEndings{
    Ending::Closed,     Ending::Reset,    Ending::Refused,  Ending::Unreachable,
    Ending::Unanswered, Ending::TimedOut, Ending::Orphaned, Ending::NoSourcePort,
    Ending::Dropped,    Ending::Unseen,
};

// In output for programs. Never translated, never changed.
[[nodiscard]] std::string_view name_of(Ending ending);
// For people, in their language: "closed normally".
[[nodiscard]] const char* word_for(Ending ending);

}  // namespace tcpdx::trace
