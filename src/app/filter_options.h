#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "model/filter/expression.h"

namespace CLI {
class App;
}

namespace tcpdx::app {

inline constexpr std::size_t kFilterOptions = 12;

// Which connections: words in the language of filters, and options that stand for conditions. The
// same for every command that shows connections.
struct FilterOptions {
    std::vector<std::string> words;
    std::array<std::optional<std::string>, kFilterOptions> conditions;
};

// `options` has to outlive the parsing of the command line.
void add_filter_options(CLI::App& command, FilterOptions& options);

// The words of the filter and the options, all of which have to hold. Complains itself.
[[nodiscard]] std::optional<filter::Expression> read_filter(const FilterOptions& options);

}  // namespace tcpdx::app
