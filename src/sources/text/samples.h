#pragma once

#include <cstddef>
#include <vector>

#include "sources/text/collector.h"

namespace tcpdx::text {

// Which rows are the present, and which an earlier sample of the same sockets. A socket that is
// listed again under the same header or command is not a second socket: `netstat -c`, or the same
// command twice. In another command's listing it is the same socket with other columns, and its two
// rows become one.
struct Samples {
    std::vector<bool> now;      // for each row
    std::vector<bool> earlier;  // of the first sample; all false when there is only one
    std::size_t count = 1;
};
[[nodiscard]] Samples tell_samples(Collected& all);

}  // namespace tcpdx::text
