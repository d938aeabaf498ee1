#pragma once

#include <string>

namespace tcpdx::history {

// The columns of a sample but for its step, in the order in which they are written and read:
// "begin, seconds, sum_0, ..., most_0, ..., opened_actively, ...".
[[nodiscard]] const std::string& sample_columns();
// The same added up over several: "sum(seconds), ..., max(most_0), ...", without `begin`.
[[nodiscard]] const std::string& summed_sample_columns();
// ", ?" for each of them.
[[nodiscard]] const std::string& sample_value_marks();

}  // namespace tcpdx::history
