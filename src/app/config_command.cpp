#include <CLI/CLI.hpp>
#include <filesystem>
#include <memory>
#include <string>

#include "app/command.h"
#include "app/serve/access.h"
#include "app/serve/settings.h"
#include "app/serve/tls.h"
#include "base/i18n.h"
#include "presentation/i18n.h"
#include "presentation/render.h"

namespace tcpdx::app {
namespace {

// The files that it names, as they are read at the start.
Result<> check_files(const ServeSettings& settings) {
    if (!settings.web.token_file.empty()) {
        TRY(Access::read_token(settings.web.token_file));
    }
    if (!settings.web.certificate.empty()) {
        const auto tls = TRY(load_tls(settings.web.certificate, settings.web.key));
        if (const auto warning = validity_warning(*tls, settings.web.certificate)) {
            complain(render(*warning));
        }
    }
    return {};
}

int check(const ServeOptions& options) {
    std::error_code unknown;
    if (!options.configuration_given && !std::filesystem::exists(options.configuration, unknown)) {
        return finish(render({N_("{0} is not there: everything is as without it."),
                              {options.configuration}}) +
                          "\n",
                      kSuccess);
    }
    const auto settings = understand(options);
    if (!settings) {
        return kUsageError;
    }
    if (const Result<> usable = check_files(*settings); !usable) {
        complain(usable.error());
        return kUsageError;
    }
    return finish(render({N_("{0} is in order."), {options.configuration}}) + "\n", kSuccess);
}

}  // namespace

void add_config_command(CLI::App& tcpdx, Run& chosen) {
    CLI::App& command =
        *tcpdx.add_subcommand("config", _("check the configuration of serve before it is used"));
    command.callback([&chosen, &command] {
        if (command.get_subcommands().empty()) {
            chosen = [](const Context& /*context*/) {
                complain(_("config: there is only one thing to do with it: check"));
                return kUsageError;
            };
        }
    });
    CLI::App& checking = *command.add_subcommand(
        "check", _("say what is wrong with a file, and in which line, without starting"));
    const auto options = std::make_shared<ServeOptions>();
    CLI::Option* file =
        checking.add_option("FILE", options->configuration,
                            _("settings, in TOML; else /etc/tcpdx/tcpdx.conf where it is there"));
    checking.callback([&chosen, options, file] {
        options->configuration_given = file->count() > 0;
        chosen = [options](const Context& /*context*/) { return check(*options); };
    });
}

}  // namespace tcpdx::app
