#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdio>
#include <exception>
#include <string>

#include "app/command.h"
#include "app/netstat_command.h"
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
    tcpdx.require_subcommand(0, 1);
    tcpdx.fallthrough();
    std::string language_option;
    tcpdx.add_option("--lang", language_option, _("language of the output: en or ko"));
    tcpdx.set_version_flag("--version", TCPDX_VERSION, _("print the version"));

    Chosen chosen;
    add_netstat_command(tcpdx, chosen);
    try {
        tcpdx.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        const int status = tcpdx.exit(error);
        return status == 0 ? kSuccess : kUsageError;
    }
    const Context context{.screen = look_at_screen()};
    return chosen ? (*chosen)(context) : kSuccess;
}

}  // namespace
}  // namespace tcpdx::app

int main(int argc, char** argv) {
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
