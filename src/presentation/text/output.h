#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/result.h"

namespace tcpdx {

// How the reader's screen is: decided once, in main().
struct Screen {
    bool terminal = false;   // stdout is a terminal
    bool colour = false;     // a terminal, and NO_COLOR is not set
    std::size_t width = 80;  // columns; where there is no terminal, lines are not cut to it
};

[[nodiscard]] Screen look_at_screen();

// Writes everything to stdout, or says why it could not: a full disk and a closed stdout are errors
// that must not be swallowed. EPIPE is ErrorCode::ReaderGone: `tcpdx list | head` is no failure.
[[nodiscard]] Result<> write_output(std::string_view text);

// Text in a colour of the terminal, or plain.
enum class Ink { Plain, Bold, Dim, Red, Yellow, Green };
[[nodiscard]] std::string inked(const Screen& screen, Ink ink, std::string_view text);

}  // namespace tcpdx
