#pragma once

#include <chrono>

namespace tcpdx::app {

// From here on, SIGINT (Ctrl-C) only ends waiting, so that what was found so far can be told. A
// second one ends the program as usual. Where SIGINT is ignored, it stays so.
void let_interrupts_end_waiting();

// The same for SIGTERM and SIGHUP too, for what would otherwise go on for ever.
void let_signals_end_waiting();

// From here on, SIGHUP asks a service to read its configuration again.
void let_hangups_ask_for_a_reload();
// Whether it did since the last call.
[[nodiscard]] bool reload_asked_for();

[[nodiscard]] bool interrupted();

// Sleeps for so long, or less when interrupted.
void sleep_unless_interrupted(std::chrono::milliseconds duration);

}  // namespace tcpdx::app
