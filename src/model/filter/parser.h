#pragma once

#include <cstdint>
#include <string_view>

#include "base/result.h"
#include "model/filter/expression.h"
#include "model/filter/operand.h"
#include "model/filter/token.h"

namespace tcpdx::filter {

// Reads a filter in the language of ss(8), which has more words here (docs/filters.md). An empty
// text is a filter that lets everything through.
//
//     filter    = all { ("or" | "|" | "||") all }
//     all       = negation { ["and" | "&" | "&&" | ","] negation }
//     negation  = { "not" | "!" } ( "(" filter ")" | condition )
//     condition = WORD [comparison] value { "," value }  |  STATE
[[nodiscard]] Result<Expression, FilterError> parse_filter(std::string_view text,
                                                           const Names& names);

// The simple command line options that stand for a condition each.
enum class Option : std::uint8_t {
    State,
    Port,
    LocalPort,
    RemotePort,
    Address,
    LocalAddress,
    RemoteAddress,
    Process,
    Pid,
    User,
    OlderThan,
    Namespace,
};

// `value` is what stands after the condition's word, so it may list several: "80,443".
[[nodiscard]] Result<Expression, FilterError> parse_option(Option option, std::string_view value,
                                                           const Names& names);

}  // namespace tcpdx::filter
