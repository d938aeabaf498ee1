#pragma once

#include <optional>
#include <string_view>

#include "presentation/i18n.h"

namespace tcpdx {

// The page of docs/rules/ about a rule, as Markdown, built into the program. In English where it
// has not been translated; empty when there is no page.
[[nodiscard]] std::optional<std::string_view> rule_page(std::string_view rule_id,
                                                        Language language);

}  // namespace tcpdx
