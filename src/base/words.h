#pragma once

#include <charconv>
#include <concepts>
#include <optional>
#include <string_view>

namespace tcpdx {

// Takes the next line off `text`, without its newline. What has no newline is the last line.
// Nothing when `text` is empty.
[[nodiscard]] std::optional<std::string_view> take_line(std::string_view& text);

// Takes the next run of non-blanks off `line`. Nothing when only blanks are left.
[[nodiscard]] std::optional<std::string_view> take_word(std::string_view& line);

[[nodiscard]] std::string_view trimmed(std::string_view text);

// The whole of `text` as a number: "12x" and "" are none, as is one that does not fit.
template <std::integral Number>
[[nodiscard]] std::optional<Number> number_in(std::string_view text, int base = 10) {
    Number number{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, base);
    if (error != std::errc() || end != text.data() + text.size()) {
        return std::nullopt;
    }
    return number;
}

}  // namespace tcpdx
