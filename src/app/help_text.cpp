#include "app/help_text.h"

#include <CLI/CLI.hpp>
#include <memory>
#include <string>

#include "base/i18n.h"
#include "presentation/i18n.h"
#include "presentation/text/display_width.h"

namespace tcpdx::app {
namespace {

constexpr std::size_t kColumn = 26;
constexpr std::size_t kWidth = 80;  // of the narrowest terminal that people work at

// CLI11 pads by bytes, which puts Korean out of line, and writes types and exclusions in English.
class HelpFormatter : public CLI::Formatter {
public:
    std::string make_option(const CLI::Option* option, bool is_positional) const override {
        return entry(make_option_name(option, is_positional) +
                         (is_positional ? std::string() : make_option_opts(option)),
                     make_option_desc(option));
    }

    std::string make_option_name(const CLI::Option* option, bool is_positional) const override {
        return is_positional ? get_label(option->get_name(true, false))
                             : option->get_name(false, true);
    }

    std::string make_option_opts(const CLI::Option* option) const override {
        return option->get_type_size() == 0 || option->get_type_name().empty()
                   ? std::string()
                   : " " + get_label(option->get_type_name());
    }

    // "REPORT REPORT", "[FILTER]...". CLI11 writes "(2x)" behind it.
    std::string make_option_usage(const CLI::Option* option) const override {
        const std::string name = make_option_name(option, true);
        std::string text = name;
        for (int i = 1; i < option->get_items_expected_min(); ++i) {
            text += " " + name;
        }
        if (option->get_expected_max() >= CLI::detail::expected_max_vector_size) {
            text += "...";
        }
        return option->get_required() ? text : "[" + text + "]";
    }

    std::string make_description(const CLI::App* command) const override {
        std::string text;
        for (const std::string& line : wrap_text(command->get_description(), kWidth)) {
            text += line + "\n";
        }
        return text;
    }

    std::string make_subcommand(const CLI::App* command) const override {
        return entry(command->get_display_name(true), command->get_description());
    }

private:
    static std::string entry(const std::string& name, const std::string& description) {
        std::string text = "  " + name;
        bool fits = display_width(text) < kColumn;
        for (const std::string& line : wrap_text(description, kWidth - kColumn)) {
            if (fits) {
                text = pad_right(text, kColumn);
            } else {
                text += '\n';
                text.append(kColumn, ' ');
            }
            text += line;
            fits = false;
        }
        return text + "\n";
    }
};

}  // namespace

void translate_help(CLI::App& app) {
    const auto formatter = std::make_shared<HelpFormatter>();
    formatter->label("Usage", _("Usage"));
    formatter->label("OPTIONS", _("OPTIONS"));
    formatter->label("SUBCOMMAND", _("COMMAND"));
    formatter->label("Positionals", _("Arguments"));
    formatter->label("TEXT", _("TEXT"));
    formatter->label("UINT", _("NUMBER"));
    formatter->label("TARGET", _("TARGET"));
    formatter->label("FILTER", _("FILTER"));
    formatter->label("SUBJECT", _("SUBJECT"));
    app.formatter(formatter);
    app.option_defaults()->group(_("Options"));
    app.set_help_flag("-h,--help", _("print this help"))->group(_("Options"));
}

void translate_commands(CLI::App& app) {
    for (CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; })) {
        command->group(_("Commands"));
        // Copied from the parent before the parent's defaults are.
        if (command->get_help_ptr() != nullptr) {
            command->set_help_flag("-h,--help", _("print this help"))->group(_("Options"));
        }
        translate_commands(*command);
    }
}

}  // namespace tcpdx::app
