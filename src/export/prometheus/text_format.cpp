#include "export/prometheus/text_format.h"

#include <fmt/format.h>

namespace tcpdx::prometheus {
namespace {

std::string escaped(std::string_view text) {
    std::string safe;
    for (const char letter : text) {
        if (letter == '\\' || letter == '"') {
            safe += '\\';
        }
        if (letter == '\n') {
            safe += "\\n";
        } else {
            safe += letter;
        }
    }
    return safe;
}

}  // namespace

void TextFormat::family(std::string_view name, std::string_view type, std::string_view help) {
    name_ = name;
    text_ += fmt::format("# HELP {0} {1}\n# TYPE {0} {2}\n", name, help, type);
}

void TextFormat::value(double value, Labels labels) {
    line("", fmt::format("{}", value), labels);
}

void TextFormat::value(std::uint64_t value, Labels labels) {
    line("", fmt::format("{}", value), labels);
}

void TextFormat::part(std::string_view suffix, double value, Labels labels) {
    line(suffix, fmt::format("{}", value), labels);
}

void TextFormat::line(std::string_view suffix, std::string_view number, Labels labels) {
    text_ += name_;
    text_ += suffix;
    if (labels.size() > 0) {
        text_ += '{';
        const char* separator = "";
        for (const auto& [name, value] : labels) {
            text_ += fmt::format("{}{}=\"{}\"", separator, name, escaped(value));
            separator = ",";
        }
        text_ += '}';
    }
    text_ += fmt::format(" {}\n", number);
}

}  // namespace tcpdx::prometheus
