#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/result.h"

namespace tcpdx::trace {

// Addresses of the two timer handlers, which are static functions and so can only be told by
// /proc/kallsyms. 0 where it does not show one: not root, kernel.kptr_restrict is 2, or the
// function has another name in this kernel.
struct TimerHandlers {
    std::uint64_t request = 0;    // reqsk_timer_handler
    std::uint64_t time_wait = 0;  // tw_timer_handler

    // Looks for them in lines like "ffffffff82006870 t tw_timer_handler".
    void find_in(std::string_view lines);
};

[[nodiscard]] Result<TimerHandlers> find_timer_handlers();

}  // namespace tcpdx::trace
