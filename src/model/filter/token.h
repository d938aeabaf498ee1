#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/message.h"

namespace tcpdx::filter {

// What is wrong with a filter, and where: `column` counts characters from 1.
struct FilterError {
    Message what;
    std::size_t column = 0;
};

enum class TokenKind : std::uint8_t { Word, Comparison, And, Or, Not, Comma, Open, Close, End };

struct Token {
    TokenKind kind = TokenKind::End;
    std::string_view text;  // into the filter; without the quotes
    std::size_t column = 0;
    bool quoted = false;  // then it is a value, whatever it spells
};

// Ends with one End token.
[[nodiscard]] Result<std::vector<Token>, FilterError> split_into_tokens(std::string_view filter);

}  // namespace tcpdx::filter
