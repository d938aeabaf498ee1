#include "sources/text/property_list.h"

#include <algorithm>
#include <optional>
#include <utility>

namespace tcpdx::text {
namespace {

// In the order of the table.
constexpr std::array<std::string_view, 6> kNames{"LocalAddress", "LocalPort", "RemoteAddress",
                                                 "RemotePort",   "State",     "OwningProcess"};

std::optional<std::size_t> property_in(const Tokens& tokens) {
    if (tokens.size() < 2 || tokens[1] != ":") {
        return std::nullopt;
    }
    const auto* const found = std::find(kNames.begin(), kNames.end(), tokens[0]);
    return found == kNames.end() ? std::nullopt
                                 : std::optional(static_cast<std::size_t>(found - kNames.begin()));
}

}  // namespace

bool PropertyList::starts_again(const Tokens& tokens) const {
    const auto property = property_in(tokens);
    return any_ && property && !values_[*property].empty();
}

bool PropertyList::take_line(const Tokens& tokens) {
    const auto property = property_in(tokens);
    if (!property) {
        return false;
    }
    values_[*property] = std::string(tokens[2]);
    any_ = true;
    return true;
}

std::string PropertyList::take_row() {
    std::string row;
    for (std::string& value : values_) {
        row += std::exchange(value, {});
        row += ' ';
    }
    any_ = false;
    return row;
}

}  // namespace tcpdx::text
