#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "presentation/text/display_width.h"

// Names of processes and pasted text end up in columns, whatever their bytes. The first byte is the
// width, the rest the text.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) {
        return 0;
    }
    const std::size_t width = data[0];
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): bytes as characters
    const std::string_view text(reinterpret_cast<const char*>(data + 1), size - 1);

    const std::size_t columns = tcpdx::display_width(text);
    if (columns > text.size() ||
        tcpdx::display_width(tcpdx::pad_left(text, width)) != std::max(columns, width) ||
        tcpdx::display_width(tcpdx::truncate_to_width(text, width, "~")) > width) {
        std::abort();
    }
    std::size_t printed = 0;
    for (const std::string& line : tcpdx::wrap_text(text, width)) {
        const std::size_t line_columns = tcpdx::display_width(line);
        printed += line_columns;
        // Only a two-column character on a one-column line may stick out.
        if (line_columns > std::max<std::size_t>(width, 2)) {
            std::abort();
        }
    }
    if (printed > columns) {
        std::abort();
    }
    return 0;
}
