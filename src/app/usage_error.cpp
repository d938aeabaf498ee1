#include "app/usage_error.h"

#include <CLI/CLI.hpp>

#include "base/i18n.h"
#include "presentation/i18n.h"
#include "presentation/render.h"

namespace tcpdx::app {

void translate_help(CLI::App& app) {
    const auto formatter = std::make_shared<CLI::Formatter>();
    formatter->label("Usage", _("Usage"));
    formatter->label("OPTIONS", _("OPTIONS"));
    formatter->label("SUBCOMMAND", _("COMMAND"));
    formatter->label("SUBCOMMANDS", _("COMMANDS"));
    formatter->label("Subcommands", _("Commands"));
    formatter->label("POSITIONALS", _("ARGUMENTS"));
    formatter->label("Positionals", _("Arguments"));
    formatter->label("REQUIRED", _("REQUIRED"));
    formatter->label("TEXT", _("TEXT"));
    formatter->label("INT", _("NUMBER"));
    formatter->label("UINT", _("NUMBER"));
    formatter->label("FLOAT", _("NUMBER"));
    formatter->column_width(26);
    // Subcommands made after this inherit all of it.
    app.formatter(formatter);
    app.option_defaults()->group(_("Options"));
    app.set_help_flag("-h,--help", _("print this help"))->group(_("Options"));
}

std::string usage_error_text(const CLI::App& app, const CLI::ParseError& error) {
    if (dynamic_cast<const CLI::ExtrasError*>(&error) != nullptr) {
        std::string extras;
        for (const std::string& word : app.remaining(true)) {
            extras += (extras.empty() ? "" : " ") + word;
        }
        return render(Message{N_("not understood: {0}. See tcpdx --help"), {extras}});
    }
    // The rest names the option and what is wrong with its value, in the library's English.
    return render(Message{N_("the command line does not fit: {0}"), {std::string(error.what())}});
}

}  // namespace tcpdx::app
