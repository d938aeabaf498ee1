#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/words.h"

namespace tcpdx::text {

// A run of non-blanks. Its place in the line tells what a wrapped cell belongs to.
struct Token {
    std::string_view text;
    std::size_t column = 0;
};

// The words of a line, without allocation: no row has more cells that matter.
class Tokens {
public:
    static constexpr std::size_t kMost = 40;

    explicit Tokens(std::string_view line);

    [[nodiscard]] std::size_t size() const { return count_; }
    [[nodiscard]] bool empty() const { return count_ == 0; }
    // Empty beyond the end, so that a recogniser may look ahead without asking first.
    [[nodiscard]] std::string_view operator[](std::size_t index) const {
        return index < count_ ? tokens_[index].text : std::string_view();
    }
    [[nodiscard]] std::size_t column(std::size_t index) const { return tokens_[index].column; }
    [[nodiscard]] std::string_view line() const { return line_; }
    // The line from this token on.
    [[nodiscard]] std::string_view from(std::size_t index) const {
        return index < count_ ? line_.substr(tokens_[index].column) : std::string_view();
    }
    // From the token `first` to the end of the token `last`.
    [[nodiscard]] std::string_view between(std::size_t first, std::size_t last) const {
        const std::size_t begin = tokens_[first].column;
        return line_.substr(begin, tokens_[last].column + tokens_[last].text.size() - begin);
    }

private:
    std::string_view line_;
    std::array<Token, kMost> tokens_;
    std::size_t count_ = 0;
};

[[nodiscard]] constexpr bool is_blank(char c) {
    return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\v' || c == '\f';
}
[[nodiscard]] constexpr bool is_digit(char c) {
    return c >= '0' && c <= '9';
}
[[nodiscard]] constexpr char to_lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}
[[nodiscard]] constexpr bool is_letter(char c) {
    return to_lower(c) >= 'a' && to_lower(c) <= 'z';
}
[[nodiscard]] bool all_digits(std::string_view text);
[[nodiscard]] bool same_ignoring_case(std::string_view a, std::string_view b);
[[nodiscard]] bool contains_ignoring_case(std::string_view text, std::string_view lower_case);
// As take_word(), but empty when there is none.
inline std::string_view next_word(std::string_view& text) {
    return take_word(text).value_or(std::string_view());
}

// The digits that `text` begins with; it is moved behind them.
[[nodiscard]] std::optional<std::uint64_t> take_number(std::string_view& text);

}  // namespace tcpdx::text
