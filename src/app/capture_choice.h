#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "model/captured.h"
#include "model/filter/expression.h"

namespace CLI {
class App;
}

namespace tcpdx::app {

// Which connections of a capture are shown. A filter asks both ends, and one that fits is enough.
class CaptureChoice {
public:
    void add_options(CLI::App& command);

    [[nodiscard]] bool is_set() const;
    // The options as a filter; empty when they cannot be understood, which it complains of itself.
    [[nodiscard]] std::optional<filter::Expression> filter() const;
    // Their numbers.
    [[nodiscard]] std::vector<std::uint32_t> of(const Captured& captured,
                                                const filter::Expression& filter) const;

private:
    [[nodiscard]] bool has_outcome(const CapturedConnection& connection) const;
    [[nodiscard]] static bool matches_either_end(const Captured& captured,
                                                 const CapturedConnection& connection,
                                                 const filter::Expression& filter);

    std::optional<std::string> text_;
    std::array<std::optional<std::string>, 3> conditions_;
    std::optional<std::string> outcomes_;  // with commas
};

}  // namespace tcpdx::app
