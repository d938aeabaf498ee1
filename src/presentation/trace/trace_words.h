#pragma once

#include <string>
#include <string_view>

#include "model/trace/life.h"
#include "presentation/cause_names.h"
#include "presentation/ending_names.h"

namespace tcpdx::trace {

// Names of enumerators in output for programs. Never translated, never changed.
[[nodiscard]] std::string_view name_of(Closer closer);
[[nodiscard]] std::string_view name_of(Flaw flaw);
[[nodiscard]] std::string_view name_of(EventKind kind);

// The same for people, in their language: "this end", "RST sent".
[[nodiscard]] const char* word_for(Closer closer);
[[nodiscard]] std::string word_for(EventKind kind);

// "ETIMEDOUT"; the number where there is no name.
[[nodiscard]] std::string error_name(int error);

// The cause of a transition and what is sent: "close() or shutdown(SHUT_WR) → FIN".
[[nodiscard]] std::string reason_for(const Transition& transition);
// Why step `index` came, in the reader's language: the call or the segment behind it, what was
// sent, the kernel's reason for a reset. What is not known is said, never guessed.
[[nodiscard]] std::string reason_for(const Life& life, std::size_t index, const ReasonNames& names);
// The same for a detail: "TCP_ABORT_ON_CLOSE", "NETFILTER_DROP", "ETIMEDOUT".
[[nodiscard]] std::string reason_for(const Event& event, const ReasonNames& names);

}  // namespace tcpdx::trace
