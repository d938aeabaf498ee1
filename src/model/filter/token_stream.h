#pragma once

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "base/i18n.h"
#include "model/filter/expression.h"
#include "model/filter/token.h"

namespace tcpdx::filter {

// The tokens of a filter and how far they are read.
class TokenStream {
public:
    explicit TokenStream(std::vector<Token> tokens) : tokens_(std::move(tokens)) {}

    [[nodiscard]] const Token& now() const { return tokens_[position_]; }
    [[nodiscard]] const Token& next() const { return tokens_[after(position_)]; }
    [[nodiscard]] bool at(TokenKind kind) const { return now().kind == kind; }
    const Token& take() { return tokens_[std::exchange(position_, after(position_))]; }

    // `text` is marked with N_() and may show the token as {0} and its column as {1}.
    [[nodiscard]] static tl::unexpected<FilterError> wrong(const char* text, const Token& token) {
        return unexpected(FilterError{
            .what = {.text = text,
                     .values = {std::string(token.text), static_cast<std::int64_t>(token.column)}},
            .column = token.column});
    }
    [[nodiscard]] tl::unexpected<FilterError> out_of_place() const {
        if (at(TokenKind::End)) {
            return wrong(N_("the filter ends too early: something is missing at column {1}"),
                         now());
        }
        return wrong(N_("'{0}' is out of place at column {1}"), now());
    }

private:
    [[nodiscard]] std::size_t after(std::size_t position) const {
        return std::min(position + 1, tokens_.size() - 1);  // the End token stays
    }

    std::vector<Token> tokens_;
    std::size_t position_ = 0;
};

// --- small makers of trees

using Parsed = Result<Expression, FilterError>;

template <class Term>
Expression term(Term value) {
    return Expression{.is = std::move(value)};
}

inline Expression negated(Expression expression) {
    Not negation;
    negation.of.push_back(std::move(expression));
    return term(std::move(negation));
}

inline Expression either(Expression a, Expression b) {
    Any any;
    any.of.push_back(std::move(a));
    any.of.push_back(std::move(b));
    return term(std::move(any));
}

// Nothing around a single part.
template <class Group>
Expression grouped(std::vector<Expression> parts) {
    if (parts.size() == 1) {
        return std::move(parts.front());
    }
    return term(Group{.of = std::move(parts)});
}

}  // namespace tcpdx::filter
