#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "presentation/text/output.h"

namespace tcpdx {

// A finding as an administrator reads it, from the document that finding_json() has made of it.
// `when`: when it was seen, in a sentence.
[[nodiscard]] std::string kept_finding_text(const nlohmann::ordered_json& finding,
                                            const std::string& when, const Screen& screen);

}  // namespace tcpdx
