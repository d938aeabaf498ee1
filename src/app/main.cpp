#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdio>
#include <exception>
#include <string>

#include "app/command.h"
#include "app/diagnose_command.h"
#include "app/help_text.h"
#include "app/netstat_command.h"
#include "app/standard_descriptors.h"
#include "app/usage_error.h"
#include "base/i18n.h"
#include "presentation/i18n.h"

namespace tcpdx::app {
namespace {

// --lang has to be known before the first text is made, so it is looked for ahead of the parser.
std::optional<std::string_view> language_asked_for(int argc, char** argv) {
    for (int i = 1; i < argc; ++i) {
        const std::string_view argument(argv[i]);
        if (argument == "--lang" && i + 1 < argc) {
            return argv[i + 1];
        }
        if (argument.starts_with("--lang=")) {
            return argument.substr(7);
        }
    }
    return std::nullopt;
}

int run(int argc, char** argv) {
    const auto language = language_asked_for(argc, argv);
    if (!choose_language(language)) {
        choose_language(std::nullopt);
        complain(std::string(_("there is no such language here; there are: en ko")));
        return kUsageError;
    }

    CLI::App tcpdx(_("Tells what every TCP connection is doing, for how long, whose it is, why it "
                     "is stuck and what to do."),
                   "tcpdx");
    translate_help(tcpdx);
    tcpdx.require_subcommand(0, 1);
    tcpdx.fallthrough();
    std::string language_option;
    tcpdx.add_option("--lang", language_option, _("language of the output: en or ko"))
        ->type_name("en|ko");
    tcpdx.set_version_flag("--version", TCPDX_VERSION, _("print the version"));

    Run chosen = add_diagnose_options(tcpdx, false);
    CLI::App* diagnose =
        tcpdx.add_subcommand("diagnose", _("diagnose one port, process or address, or this host"));
    diagnose->callback([&, run = add_diagnose_options(*diagnose, true)] { chosen = run; });
    add_capture_command(tcpdx, chosen);
    add_check_command(tcpdx, chosen);
    add_conclude_command(tcpdx, chosen);
    add_config_command(tcpdx, chosen);
    add_explain_command(tcpdx, chosen);
    add_history_command(tcpdx, chosen);
    add_lab_command(tcpdx, chosen);
    add_list_command(tcpdx, chosen);
    add_netstat_command(tcpdx, chosen);
    add_probe_command(tcpdx, chosen);
    add_record_command(tcpdx, chosen);
    add_serve_command(tcpdx, chosen);
    add_trace_command(tcpdx, chosen);
    add_tune_command(tcpdx, chosen);
    translate_commands(tcpdx);
    try {
        tcpdx.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        if (error.get_exit_code() == 0) {  // --help, --version
            return tcpdx.exit(error);
        }
        complain(usage_error_text(tcpdx, error));
        // Monitoring knows no statuses beyond 3, which is "unknown".
        return tcpdx.got_subcommand("check") ? kCouldNotTell : kUsageError;
    }
    if (const std::string stray = stray_option_text(tcpdx); !stray.empty()) {
        complain(stray);
        return kUsageError;
    }
    const Context context{.screen = look_at_screen()};
    return chosen(context);
}

}  // namespace
}  // namespace tcpdx::app

int main(int argc, char** argv) {
    tcpdx::app::keep_standard_descriptors();
    // A reader that goes away shows as EPIPE, where it can be told from a full disk.
    std::signal(SIGPIPE, SIG_IGN);
    try {
        // netstat has its own rules for arguments, and none of its texts is translated.
        if (const auto call = tcpdx::app::netstat_call(argc, argv); call.argc > 0) {
            return tcpdx::app::run_netstat(call.argc, call.argv);
        }
        return tcpdx::app::run(argc, argv);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "tcpdx: %s\n", error.what());
        return tcpdx::app::kFailure;
    }
}
