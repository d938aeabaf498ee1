#pragma once

// What an administrator should know about each state: what it means, what is normal, when to worry
// and what is usually behind it. Only what was measured or what the RFC says; folklore stays out.
// How connections get in and out is not here: that is the table in model/transitions.h.

#include <span>
#include <string_view>

#include "diagnosis/rule.h"
#include "model/tcp_state.h"

namespace tcpdx::diagnosis {

// A kernel option that matters in a state, and what it does there.
struct OptionNote {
    std::string_view name;  // as sysctl(8) spells it
    const char* effect;     // N_() marked
};

struct StateGuide {
    TcpState state;
    // All texts are N_() marked, in whole sentences.
    const char* meaning;  // one sentence
    const char* details;
    const char* normal;
    const char* worry;  // {0} is the limit below
    // The threshold that the rules use too; null where no age is worrying in itself.
    Limits::Duration Limits::*limit = nullptr;
    std::span<const char* const> causes;  // what is usually behind a worrying one
    std::span<const OptionNote> options;
    std::span<const std::string_view> rules;  // ids of the rules that look at this state
};

[[nodiscard]] const StateGuide& guide_to(TcpState state);

// What is different about the small objects that Linux keeps some states in. Null for full sockets.
[[nodiscard]] const char* guide_to(SocketKind kind);

}  // namespace tcpdx::diagnosis
