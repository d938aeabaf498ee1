#pragma once

// Why a TCP port does not answer, as a table: each cause with the values that each feature can have
// when it is the cause. An observation excludes a cause when its value is not among them. What is
// left are the candidates; nothing is ever preferred because it is common.

#include <cstdint>
#include <span>
#include <string_view>

#include "diagnosis/reach/facts.h"

namespace tcpdx::diagnosis::reach {

// `feature` can only have one of the values whose bits are set.
struct Condition {
    Feature feature = Feature::Answer;
    std::uint16_t values = 0;
};

enum class Place : std::uint8_t { Nowhere, Client, Path, Server, Program };

struct Cause {
    std::string_view id;   // for ever, like a rule's
    std::string_view row;  // its row in docs/reach.md
    Place place = Place::Nowhere;
    const char* claim = "";  // {0} the port, {1} the server's address, {2} the client's address
    // The observation that tells it from the others, with the same fields; empty when it is never
    // one of several.
    const char* decided_by = "";
    const char* command = "";  // makes that observation
    std::span<const Condition> conditions;
    // Without these having been observed it is not considered at all.
    std::span<const Condition> needs = {};
    // When all of these were observed, the server alone can name it, although it took the
    // connection.
    std::span<const Condition> at_server = {};
};

// Several rows may have the same id: one cause that can look different.
[[nodiscard]] std::span<const Cause> all_causes();

[[nodiscard]] bool allows(const Condition& condition, const Facts& facts);

}  // namespace tcpdx::diagnosis::reach
