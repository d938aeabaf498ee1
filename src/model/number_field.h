#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "model/connection.h"

namespace tcpdx {

enum class NumberUnit : std::uint8_t { Count, Bytes, Microseconds, Milliseconds };

// A number that a connection may have, under the one name that filters, columns, sorting and JSON
// use for it. `value` is empty when it is not known or has no meaning in this state.
struct NumberField {
    std::string_view name;  // "recv-q"
    NumberUnit unit = NumberUnit::Count;
    std::optional<std::uint64_t> (*value)(const Connection&) = nullptr;
};

[[nodiscard]] std::span<const NumberField> number_fields();

// Null when there is none of this name. Accepts "recvq", "recv-q" and "recv_q" alike.
[[nodiscard]] const NumberField* find_number_field(std::string_view name);

// Whether two names differ in '-' and '_' only.
[[nodiscard]] bool same_field_name(std::string_view a, std::string_view b);

}  // namespace tcpdx
