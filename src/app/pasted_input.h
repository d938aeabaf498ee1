#pragma once

#include <string>

#include "base/result.h"
#include "sources/text/read_paste.h"

namespace tcpdx::app {

// Why a paste could not be used: a text for the user and the exit status (65 or 66).
struct BadPaste {
    std::string text;
    int status = 0;
};

// Reads a file, or standard input for "-", and what is in it. Text in UTF-16, which PowerShell
// writes with `>`, is read too.
[[nodiscard]] Result<text::Reading, BadPaste> read_pasted(const std::string& path);

}  // namespace tcpdx::app
