#include "app/usage_error.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <charconv>
#include <optional>
#include <sstream>
#include <vector>

#include "base/i18n.h"
#include "presentation/i18n.h"
#include "presentation/render.h"

namespace tcpdx::app {
namespace {

// The options named in a text of the parser, "--json excludes --csv". It keeps them nowhere else.
std::vector<std::string> options_in(const std::string& text) {
    std::vector<std::string> options;
    std::istringstream words(text);
    for (std::string word; words >> word;) {
        if (word.starts_with('-')) {
            options.push_back(word.substr(0, word.find_last_not_of(":,") + 1));
        }
    }
    return options;
}

template <class Kind>
bool is(const CLI::ParseError& error) {
    return dynamic_cast<const Kind*>(&error) != nullptr;
}

// The whole of `text` as a number; not "inf" or "nan", which from_chars() takes for one.
template <class Number>
std::optional<Number> number_in(const std::string& text) {
    Number number{};
    const char* const end = text.data() + text.size();
    const auto [rest, error] = std::from_chars(text.data(), end, number);
    return error == std::errc() && rest == end && text.find_first_of("iIn") == std::string::npos
               ? std::optional(number)
               : std::nullopt;
}

}  // namespace

std::string usage_error_text(const CLI::App& app, const CLI::ParseError& error) {
    std::string text = error.what();
    const std::vector<std::string> options = options_in(text);
    if (is<CLI::ExtrasError>(error)) {
        std::string extras;
        for (const std::string& word : app.remaining(true)) {
            extras += (extras.empty() ? "" : " ") + word;
        }
        return render(Message{N_("not understood: {0}. See tcpdx --help"), {extras}});
    }
    if (is<CLI::ValidationError>(error)) {
        return text;  // made below
    }
    if (is<CLI::ExcludesError>(error) && options.size() == 2) {
        return render(
            Message{N_("{0} and {1} cannot be given together."), {options[0], options[1]}});
    }
    if (is<CLI::ArgumentMismatch>(error) && !options.empty()) {
        // "--port: 1 required TEXT missing", "--sort: At Most 1 required but received 2".
        return text.ends_with("missing")
                   ? render(Message{N_("{0} needs a value."), {options[0]}})
                   : render(Message{N_("{0} can be given only once."), {options[0]}});
    }
    if (is<CLI::ArgumentMismatch>(error)) {  // "REPORT: At least 2 required but received 1"
        return render(Message{N_("{0}: too few or too many of them. See tcpdx --help"),
                              {text.substr(0, text.rfind(": "))}});
    }
    if (is<CLI::ConversionError>(error) && !options.empty()) {
        return render(Message{N_("{0} does not take this value."), {options[0]}});
    }
    return render(Message{N_("the command line does not fit: {0}"), {text}});
}

std::string stray_option_text(const CLI::App& app) {
    if (app.get_subcommands().empty()) {
        return {};
    }
    const std::string command = app.get_subcommands().front()->get_name();
    for (const CLI::Option* option : app.get_options()) {
        if (option->count() > 0 && option->get_name() != "--lang") {
            return render(
                Message{N_("{0} is not an option of tcpdx {1}, or has to come after it. See tcpdx "
                           "{1} --help"),
                        {option->get_name(), command}});
        }
    }
    return {};
}

CLI::Validator seconds_between(double least, double most) {
    return CLI::Validator(
        [least, most](const std::string& text) {
            const auto number = number_in<double>(text);
            return number && *number >= least && *number <= most
                       ? std::string()
                       : render(Message{N_("{0} is not a number of seconds from {1} to {2}."),
                                        {text, fmt::format("{}", least), fmt::format("{}", most)}});
        },
        "");
}

CLI::Validator port_number() {
    return CLI::Validator(
        [](const std::string& text) {
            const auto number = number_in<std::uint16_t>(text);
            return number && *number != 0
                       ? std::string()
                       : render(Message{N_("{0} is not a port: 1 to 65535."), {text}});
        },
        "");
}

CLI::Validator whole_number() {
    return CLI::Validator(
        [](const std::string& text) {
            return number_in<std::size_t>(text)
                       ? std::string()
                       : render(Message{N_("{0} is not a whole number."), {text}});
        },
        "");
}

}  // namespace tcpdx::app
