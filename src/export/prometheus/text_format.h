#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

namespace tcpdx::prometheus {

// The text format of Prometheus, version 0.0.4: families one after the other, each with its help.
class TextFormat {
public:
    using Label = std::pair<std::string_view, std::string_view>;
    using Labels = std::initializer_list<Label>;

    // What the following values belong to. `type`: "gauge", "counter", "histogram".
    void family(std::string_view name, std::string_view type, std::string_view help);
    void value(double value, Labels labels = {});
    void value(std::uint64_t value, Labels labels = {});
    // Of a histogram: with this at the end of the family's name, as in "_bucket".
    void part(std::string_view suffix, double value, Labels labels);

    [[nodiscard]] std::string take() { return std::move(text_); }

private:
    void line(std::string_view suffix, std::string_view number, Labels labels);

    std::string name_;
    std::string text_;
};

}  // namespace tcpdx::prometheus
