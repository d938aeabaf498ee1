#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tcpdx::text {

// UTF-16 with a byte order mark, as PowerShell's `>` writes it, as UTF-8. Nothing when it is not.
[[nodiscard]] std::optional<std::string> utf8_from_utf16(std::string_view bytes);

// Walks over the lines of a paste and takes off what is not the tool's output: colour, carriage
// returns, byte order marks, NUL bytes, quote marks, Markdown and HTML escapes. The line it gives
// stays valid until the next call.
class LineReader {
public:
    explicit LineReader(std::string_view bytes) : rest_(bytes) {}

    [[nodiscard]] std::optional<std::string_view> next();
    [[nodiscard]] std::uint32_t number() const { return number_; }
    // The line as pasted, for showing it.
    [[nodiscard]] std::string_view original() const { return original_; }
    [[nodiscard]] std::size_t bytes_left() const { return rest_.size() + physical_.size(); }

private:
    std::string_view rest_;
    std::string_view physical_;  // what is left of the line up to a line feed
    std::string_view original_;
    std::uint32_t number_ = 0;
    std::string clean_;
};

// Exposed for its test: `line` without what is not output. Uses `buffer` when bytes must change.
[[nodiscard]] std::string_view cleaned(std::string_view line, std::string& buffer);

// For showing an odd line on a screen: at most `most` bytes, valid UTF-8, no control characters.
[[nodiscard]] std::string printable_excerpt(std::string_view line, std::size_t most);

}  // namespace tcpdx::text
