#pragma once

#include <array>
#include <string>
#include <string_view>

#include "sources/text/tokens.h"

namespace tcpdx::text {

// `Get-NetTCPConnection | Format-List`: each property of a connection has a line of its own,
// "LocalPort      : 50000". Makes the line of the table out of them.
class PropertyList {
public:
    // False when the line is no such property.
    bool take_line(const Tokens& tokens);
    // Whether a connection is complete: before the next one's first line, and at the end.
    [[nodiscard]] bool starts_again(const Tokens& tokens) const;
    [[nodiscard]] bool empty() const { return !any_; }
    // The row as the table has it, and begins anew.
    [[nodiscard]] std::string take_row();

private:
    static constexpr std::size_t kProperties = 6;
    std::array<std::string, kProperties> values_;
    bool any_ = false;
};

}  // namespace tcpdx::text
