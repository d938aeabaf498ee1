#pragma once

#include <span>
#include <vector>

#include "diagnosis/rule.h"

namespace tcpdx::diagnosis {

// Every rule, listed by hand in all_rules.cpp in the order in which equals are shown.
[[nodiscard]] std::span<const Rule* const> all_rules();

// Runs the rules and sorts what they found: worst first, then the longest standing. What is nearly
// always harmless comes after the others of its severity, what concerns most sockets first.
[[nodiscard]] std::vector<Finding> diagnose(const Situation& situation);

// The worst severity as the exit status that monitoring plugins use: 0 nothing wrong (information
// counts as that), 1 warning, 2 problem.
[[nodiscard]] int exit_status(std::span<const Finding> findings);

}  // namespace tcpdx::diagnosis
