#include "model/filter/token.h"

#include <algorithm>

#include "base/i18n.h"

namespace tcpdx::filter {
namespace {

constexpr std::string_view kBlanks = " \t\r\n";
constexpr std::string_view kOperators = "()!&|,<>=";

bool is_in(std::string_view set, char c) {
    return set.find(c) != std::string_view::npos;
}

TokenKind kind_of_word(std::string_view word) {
    if (word == "and") {
        return TokenKind::And;
    }
    if (word == "or") {
        return TokenKind::Or;
    }
    return word == "not" ? TokenKind::Not : TokenKind::Word;
}

struct Operator {
    std::string_view text;
    TokenKind kind;
};

// The longer spelling first.
constexpr Operator kSpellings[] = {
    {"&&", TokenKind::And},        {"&", TokenKind::And},         {"||", TokenKind::Or},
    {"|", TokenKind::Or},          {"!=", TokenKind::Comparison}, {"!", TokenKind::Not},
    {"==", TokenKind::Comparison}, {"=", TokenKind::Comparison},  {"<=", TokenKind::Comparison},
    {"<", TokenKind::Comparison},  {">=", TokenKind::Comparison}, {">", TokenKind::Comparison},
    {",", TokenKind::Comma},       {"(", TokenKind::Open},        {")", TokenKind::Close},
};

class Lexer {
public:
    explicit Lexer(std::string_view filter) : rest_(filter) {}

    Result<std::vector<Token>, FilterError> run() {
        std::vector<Token> tokens;
        for (;;) {
            skip(std::min(rest_.find_first_not_of(kBlanks), rest_.size()));
            const std::size_t column = column_;
            if (rest_.empty()) {
                tokens.push_back({.kind = TokenKind::End, .text = {}, .column = column});
                return tokens;
            }
            const char first = rest_.front();
            if (first == '\'' || first == '"') {
                const std::size_t end = rest_.find(first, 1);
                if (end == std::string_view::npos) {
                    return unexpected(
                        FilterError{.what = {.text = N_("the quote at column {0} is not closed"),
                                             .values = {static_cast<std::int64_t>(column)}},
                                    .column = column});
                }
                tokens.push_back({.kind = TokenKind::Word,
                                  .text = rest_.substr(1, end - 1),
                                  .column = column,
                                  .quoted = true});
                skip(end + 1);
            } else if (is_in(kOperators, first)) {
                const auto* const found = std::find_if(
                    std::begin(kSpellings), std::end(kSpellings),
                    [&](const Operator& each) { return rest_.starts_with(each.text); });
                tokens.push_back({.kind = found->kind, .text = found->text, .column = column});
                skip(found->text.size());
            } else {
                const auto* const end = std::find_if(rest_.begin(), rest_.end(), [](char c) {
                    return is_in(kBlanks, c) || is_in(kOperators, c) || c == '\'' || c == '"';
                });
                const std::string_view word =
                    rest_.substr(0, static_cast<std::size_t>(end - rest_.begin()));
                tokens.push_back({.kind = kind_of_word(word), .text = word, .column = column});
                skip(word.size());
            }
        }
    }

private:
    void skip(std::size_t bytes) {
        // The bytes 10xxxxxx continue a UTF-8 character that was counted already.
        column_ += static_cast<std::size_t>(
            std::count_if(rest_.begin(), rest_.begin() + static_cast<std::ptrdiff_t>(bytes),
                          [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
        rest_.remove_prefix(bytes);
    }

    std::string_view rest_;
    std::size_t column_ = 1;
};

}  // namespace

Result<std::vector<Token>, FilterError> split_into_tokens(std::string_view filter) {
    return Lexer(filter).run();
}

}  // namespace tcpdx::filter
