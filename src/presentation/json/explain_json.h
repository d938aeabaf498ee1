#pragma once

#include <string>
#include <string_view>

#include "diagnosis/rule.h"
#include "model/observations.h"

namespace tcpdx {

// Schema "tcpdx.explain/1". Texts are in the reader's language; names of states, options, rules
// and segments are not translated. What is not known is absent.
[[nodiscard]] std::string explain_state_json(TcpState state, const Observations& seen,
                                             const diagnosis::Limits& limits);
// Every state with its count, and the whole table of transitions.
[[nodiscard]] std::string explain_overview_json(const Observations& seen);
// `page` is the rule's documentation in Markdown, empty when there is none.
[[nodiscard]] std::string explain_rule_json(const diagnosis::Rule& rule, std::string_view page);
[[nodiscard]] std::string list_rules_json();

}  // namespace tcpdx
