#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "model/captured.h"

namespace tcpdx::app {

struct CaptureInput {
    std::vector<std::string> files;
    std::string interface;          // live, instead of files
    std::string expression;         // a filter of tcpdump
    std::optional<double> seconds;  // live: stops after so long
    std::size_t most_connections = 0;
};

// Reads all of it; complains itself and gives the exit status. What a live capture gets is also
// handed to `keep_in`, a file that it writes, when that has a name.
[[nodiscard]] Result<Captured, int> read_capture(const CaptureInput& input,
                                                 const std::string& keep_in);

}  // namespace tcpdx::app
