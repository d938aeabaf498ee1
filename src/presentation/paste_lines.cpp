#include "presentation/paste_lines.h"

#include <algorithm>

namespace tcpdx {

std::vector<std::uint32_t> line_numbers(const Observations& seen,
                                        const diagnosis::Finding& finding) {
    std::vector<std::uint32_t> lines;
    for (const std::uint32_t index : finding.connections) {
        if (seen.connections[index].source_line != 0) {
            lines.push_back(seen.connections[index].source_line);
        }
    }
    std::sort(lines.begin(), lines.end());
    lines.erase(std::unique(lines.begin(), lines.end()), lines.end());
    return lines;
}

}  // namespace tcpdx
