#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "model/connection.h"

namespace tcpdx::text {

// What a word in the state column says.
struct StateWord {
    std::optional<TcpState> state;  // empty: a state, but none of TCP's ("UNKNOWN")
    // IDLE and BOUND of Solaris and Windows, UNCONN of ss: a socket, but no connection yet.
    bool unconnected = false;
};

// A state in the spelling of any tool and the language of any of the listings known, also when its
// accented letters were damaged by a wrong code page ("ABH?REN"). Not for prose: "closed" is a
// word.
[[nodiscard]] std::optional<StateWord> parse_state_word(std::string_view word);

// The same for a place where a state has to be: one letter may be wrong ("CLOS _WAIT").
[[nodiscard]] std::optional<StateWord> parse_damaged_state_word(std::string_view word);

// The beginning of a state whose end a narrow column or screen has cut off: "ESTABLI", "CLOSE_W".
[[nodiscard]] std::optional<StateWord> parse_cut_state_word(std::string_view word);

// A state that is glued to what follows: "ESTABLISHED18554/java" gives 11. 0 when there is none.
[[nodiscard]] std::size_t state_prefix_length(std::string_view word);

// Whether the word is written as states are, so that it counts as one outside of a table:
// "TIME_WAIT", "ESTAB", "TimeWait", "ESTABELECIDA", but not "closed", "Listen".
[[nodiscard]] bool written_as_state(std::string_view word);

// Timer words of `netstat -o` and of ss. Off is TimerKind::None.
[[nodiscard]] std::optional<TimerKind> parse_timer_word(std::string_view word);

}  // namespace tcpdx::text
