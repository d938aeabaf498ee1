#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "sources/text/state_words.h"
#include "sources/text/tokens.h"

namespace tcpdx::text {

// What single cells of a table look like, wherever they stand.

// Numbers with a fraction or of hexadecimal digits, and signs: what tables have between cells.
[[nodiscard]] bool is_filler(std::string_view word);

// "0/0/128": complete, half-open and allowed connections of a listener.
[[nodiscard]] std::optional<std::array<std::uint32_t, 3>> listen_queue_in(std::string_view word);

// Without "12:" of grep -n, and without an opening quote.
[[nodiscard]] std::string_view without_line_number(std::string_view word);

[[nodiscard]] bool two_numbers(const Tokens& tokens, std::size_t at);

// Where a row that was joined to this one begins, or the number of tokens.
[[nodiscard]] std::size_t next_row(const Tokens& tokens, std::size_t from);

struct StateCell {
    StateWord word;
    std::size_t after = 0;  // the token behind it
};

// The state at `at`, which may be of two words ("POSLEDNÍ ACK", "CLOS _WAIT").
[[nodiscard]] std::optional<StateCell> state_at(const Tokens& tokens, std::size_t at,
                                                std::size_t end);

// The same with a letter that is wrong, or with its end cut off. The end of a line's last word may
// be on the next line, while `rest_may_come`.
[[nodiscard]] std::optional<StateCell> damaged_state_at(const Tokens& tokens, std::size_t at,
                                                        std::size_t end, bool rest_may_come);

}  // namespace tcpdx::text
