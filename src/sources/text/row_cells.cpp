#include "sources/text/row_cells.h"

#include <algorithm>

#include "sources/text/endpoint.h"
#include "sources/text/protocol_words.h"

namespace tcpdx::text {
namespace {

// "ESTABLISHED," and "LISTEN\"" in lists and quotations.
std::string_view without_end_marks(std::string_view word) {
    while (word.size() > 1 &&
           std::string_view(",;.\"'`|\\*").find(word.back()) != std::string_view::npos) {
        word.remove_suffix(1);
    }
    return word;
}

}  // namespace

bool is_filler(std::string_view word) {
    return std::all_of(word.begin(), word.end(), [](char c) {
        return is_digit(c) || c == '.' || c == '-' || c == '+' ||
               static_cast<unsigned char>(c) >= 0x80 || (to_lower(c) >= 'a' && to_lower(c) <= 'f');
    });
}

std::optional<std::array<std::uint32_t, 3>> listen_queue_in(std::string_view word) {
    std::array<std::uint32_t, 3> numbers{};
    for (std::size_t i = 0; i < numbers.size(); ++i) {
        const std::size_t end = word.find('/');
        const auto number = number_in<std::uint32_t>(word.substr(0, end));
        if (!number || (end == std::string_view::npos) != (i == 2)) {
            return std::nullopt;
        }
        numbers[i] = *number;
        word = end == std::string_view::npos ? std::string_view() : word.substr(end + 1);
    }
    return numbers;
}

std::string_view without_line_number(std::string_view word) {
    // "\"tcp  0  0 ...\"," of a list in JSON or YAML
    while (word.size() > 1 &&
           std::string_view("\"'(`*").find(word.front()) != std::string_view::npos) {
        word.remove_prefix(1);
    }
    std::size_t at = 0;
    while (at < word.size() && is_digit(word[at])) {
        ++at;
    }
    if (at > 0 && at + 1 < word.size() && (word[at] == ':' || word[at] == '-' || word[at] == '|')) {
        return word.substr(at + 1);
    }
    return word;
}

bool two_numbers(const Tokens& tokens, std::size_t at) {
    return all_digits(tokens[at]) && all_digits(tokens[at + 1]);
}

std::size_t next_row(const Tokens& tokens, std::size_t from) {
    for (std::size_t at = from; at < tokens.size(); ++at) {
        const std::string_view word = tokens[at];
        if (word.size() < 2 || !is_letter(word.front())) {
            continue;
        }
        const Protocol protocol = parse_protocol(word);
        const std::string_view next = tokens[at + 1];
        if ((protocol == Protocol::Tcp || protocol == Protocol::Inet) && !next.empty() &&
            (all_digits(next) || parse_numeric_endpoint(next, Separator::Unknown) ||
             written_as_state(next))) {
            return at;
        }
        if (two_numbers(tokens, at + 1) &&
            parse_numeric_endpoint(tokens[at + 3], Separator::Unknown) && written_as_state(word)) {
            return at;
        }
    }
    return tokens.size();
}

std::optional<StateCell> state_at(const Tokens& tokens, std::size_t at, std::size_t end) {
    if (at >= end) {
        return std::nullopt;
    }
    const std::string_view word = without_end_marks(tokens[at]);
    if (const auto state = parse_state_word(word)) {
        // "FIN WAIT 2", "CLOSE WAIT": the longest that is a state wins.
        if (at + 1 < end && !is_digit(tokens[at + 1].front()) && tokens[at + 1] != "-") {
            if (const auto longer = parse_state_word(tokens.between(at, at + 1))) {
                return StateCell{*longer, at + 2};
            }
        }
        return StateCell{*state, at + 1};
    }
    for (std::size_t more = 1; more <= 2 && at + more < end; ++more) {
        if (const auto state = parse_damaged_state_word(tokens.between(at, at + more))) {
            return StateCell{*state, at + more + 1};
        }
    }
    return std::nullopt;
}

std::optional<StateCell> damaged_state_at(const Tokens& tokens, std::size_t at, std::size_t end,
                                          bool rest_may_come) {
    if (at >= end) {
        return std::nullopt;
    }
    if (const auto state = parse_damaged_state_word(tokens[at])) {
        return StateCell{*state, at + 1};
    }
    // At the end of a line, the rest of the word may be on the next.
    if (at + 1 < tokens.size() || !rest_may_come) {
        if (const auto state = parse_cut_state_word(tokens[at])) {
            return StateCell{*state, at + 1};
        }
    }
    return std::nullopt;
}

}  // namespace tcpdx::text
