#include "model/filter/parser.h"

#include "model/filter/condition.h"
#include "model/filter/token_stream.h"

namespace tcpdx::filter {
namespace {

// More than anybody writes, and few enough for the stack.
constexpr int kDeepestNesting = 100;

class Parser {
public:
    Parser(std::vector<Token> tokens, const Names& names)
        : tokens_(std::move(tokens)), names_(names) {}

    Parsed whole_filter() {
        if (tokens_.at(TokenKind::End)) {
            return term(All{});
        }
        Expression filter = TRY(any());
        if (!tokens_.at(TokenKind::End)) {
            return tokens_.out_of_place();
        }
        return filter;
    }

    Parsed whole_option(Option option) {
        Expression condition = TRY(read_option_value(tokens_, names_, option));
        if (!tokens_.at(TokenKind::End)) {
            return tokens_.out_of_place();
        }
        return condition;
    }

private:
    // Recursion ends at kDeepestNesting. NOLINTBEGIN(misc-no-recursion)
    Parsed any() {
        std::vector<Expression> parts;
        parts.push_back(TRY(all()));
        while (tokens_.at(TokenKind::Or)) {
            tokens_.take();
            parts.push_back(TRY(all()));
        }
        return grouped<Any>(std::move(parts));
    }

    Parsed all() {
        std::vector<Expression> parts;
        parts.push_back(TRY(negation()));
        for (;;) {
            switch (tokens_.now().kind) {
                case TokenKind::And:
                case TokenKind::Comma:
                    tokens_.take();
                    break;
                case TokenKind::Word:
                case TokenKind::Not:
                case TokenKind::Open:
                    break;  // "and" may be left out
                case TokenKind::Comparison:
                    return tokens_.out_of_place();
                case TokenKind::Or:
                case TokenKind::Close:
                case TokenKind::End:
                    return grouped<All>(std::move(parts));
            }
            parts.push_back(TRY(negation()));
        }
    }

    Parsed negation() {
        bool negate = false;
        while (tokens_.at(TokenKind::Not)) {
            tokens_.take();
            negate = !negate;
        }
        Expression inner =
            TRY(tokens_.at(TokenKind::Open) ? parenthesis() : read_condition(tokens_, names_));
        return negate ? negated(std::move(inner)) : std::move(inner);
    }

    Parsed parenthesis() {
        const Token open = tokens_.take();
        if (++depth_ > kDeepestNesting) {
            return TokenStream::wrong(N_("too many parentheses at column {1}"), open);
        }
        Expression inner = TRY(any());
        if (tokens_.at(TokenKind::End)) {
            return TokenStream::wrong(N_("the parenthesis at column {1} is not closed"), open);
        }
        if (!tokens_.at(TokenKind::Close)) {
            return tokens_.out_of_place();
        }
        tokens_.take();
        --depth_;
        return inner;
    }

    // NOLINTEND(misc-no-recursion)

    TokenStream tokens_;
    const Names& names_;
    int depth_ = 0;
};

}  // namespace

Result<Expression, FilterError> parse_filter(std::string_view text, const Names& names) {
    return Parser(TRY(split_into_tokens(text)), names).whole_filter();
}

Result<Expression, FilterError> parse_option(Option option, std::string_view value,
                                             const Names& names) {
    return Parser(TRY(split_into_tokens(value)), names).whole_option(option);
}

}  // namespace tcpdx::filter
