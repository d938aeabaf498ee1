#pragma once

#include "model/filter/operand.h"
#include "model/filter/parser.h"
#include "model/filter/token_stream.h"

namespace tcpdx::filter {

// Reads one condition ("sport = :443"), from its word on.
[[nodiscard]] Result<Expression, FilterError> read_condition(TokenStream& tokens,
                                                             const Names& names);

// Reads what follows the word of the condition that an option stands for.
[[nodiscard]] Result<Expression, FilterError> read_option_value(TokenStream& tokens,
                                                                const Names& names, Option option);

}  // namespace tcpdx::filter
