#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace tcpdx::proc_tables {

// Hands over each line of a /proc file, without its newline. The line is valid during the call.
// The error carries errno, since "no such file" is an ordinary answer here.
[[nodiscard]] Result<> for_each_line(const char* path,
                                     const std::function<void(std::string_view)>& on_line);

[[nodiscard]] Result<std::string> read_file(const char* path);

// Cuts `text` into lines; what follows the last newline is a line too, unless it is empty.
template <class OnLine>
void split_lines(std::string_view text, OnLine&& on_line) {
    while (!text.empty()) {
        const std::size_t newline = text.find('\n');
        on_line(text.substr(0, newline));
        text.remove_prefix(newline == std::string_view::npos ? text.size() : newline + 1);
    }
}

}  // namespace tcpdx::proc_tables
