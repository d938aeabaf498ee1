#pragma once

#include <string>

#include "diagnosis/rule.h"
#include "model/observations.h"
#include "presentation/text/output.h"

namespace tcpdx {

// What a state means, the ways in and out of it, what is normal and when to worry, with the values
// of the kernel options of `seen` and its sockets in that state.
[[nodiscard]] std::string explain_state_text(TcpState state, const Observations& seen,
                                             const diagnosis::Limits& limits, const Screen& screen);

// The state diagram with the counts of `seen`, and how connections open and close.
[[nodiscard]] std::string explain_overview_text(const Observations& seen, const Screen& screen);

// The rule's page of docs/rules; its title alone where there is none.
[[nodiscard]] std::string explain_rule_text(const diagnosis::Rule& rule, const Screen& screen);

// The id and the title of every rule.
[[nodiscard]] std::string list_rules_text(const Screen& screen);

}  // namespace tcpdx
