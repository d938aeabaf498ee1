#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "app/serve/answer.h"
#include "base/result.h"

namespace tcpdx::app {

// A wrong parameter is answered with 400, and says which it was.
template <class T>
using Parameter = Result<T, Answer>;

[[nodiscard]] Parameter<std::int64_t> whole_number(const Question& question, const char* name,
                                                   std::int64_t by_default, std::int64_t least,
                                                   std::int64_t most);

struct Period {
    std::chrono::microseconds from{0};
    std::chrono::microseconds to{0};
};
// `from` and `to`; without them the last hour.
[[nodiscard]] Parameter<Period> period(const Question& question);

// `at`: a moment in the past. Empty without it, which is now.
[[nodiscard]] Parameter<std::optional<std::chrono::microseconds>> past_moment(
    const Question& question);

}  // namespace tcpdx::app
