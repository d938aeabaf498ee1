#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "model/age.h"
#include "model/message.h"
#include "model/observations.h"

namespace tcpdx {

// "3 h 12 m", "61 s", "250 ms": the two largest units.
[[nodiscard]] std::string render(std::chrono::milliseconds duration);

// "3 m 12 s" when exact, "≈ 3 m 12 s" when estimated, "≥ 3 m 12 s" for a lower bound, "-" when
// unknown; with "~" and ">=" where the locale has no such characters.
[[nodiscard]] std::string render(const Age& age);

// "1.5 KiB"
[[nodiscard]] std::string render(Bytes bytes);

[[nodiscard]] std::string render(const Value& value);

// Translates and fills in the values.
[[nodiscard]] std::string render(const Message& message);

// "socket table", "kernel counter", ...
[[nodiscard]] std::string_view render(Origin origin);

}  // namespace tcpdx
