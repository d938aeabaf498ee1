#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "app/capture_choice.h"
#include "app/command.h"
#include "app/interruption.h"
#include "app/usage_error.h"
#include "base/i18n.h"
#include "diagnosis/engine.h"
#include "presentation/i18n.h"
#include "presentation/json/capture_json.h"
#include "presentation/list/output_stream.h"
#include "presentation/render.h"
#include "presentation/text/capture_ladder.h"
#include "presentation/text/capture_table.h"
#include "presentation/text/finding_text.h"
#include "sources/capture/observe.h"
#include "sources/capture/read_capture.h"

namespace tcpdx::app {
namespace {

constexpr std::size_t kDefaultMost = 1'000'000;

struct Options {
    std::vector<std::string> files;
    CaptureChoice choice;
    std::optional<std::uint32_t> connection;
    std::optional<std::size_t> limit;
    std::size_t most_connections = kDefaultMost;
    bool json = false;
    bool all = false;
};

int status_of(const Error& error) {
    return error.code == ErrorCode::Malformed || error.code == ErrorCode::Truncated ? kBadInput
                                                                                    : kNoInput;
}

// In the user's words: what is wrong with the file, and not what the program was doing.
void complain_of_file(const Error& error) {
    const std::string name = error.about == "-" ? std::string(_("standard input")) : error.about;
    if (error.code == ErrorCode::Malformed) {
        complain(render(Message{N_("{0} is no packet capture: neither pcap nor pcapng, also not "
                                   "compressed with gzip or zstd."),
                                {name}}));
    } else if (error.code == ErrorCode::Truncated) {
        complain(render(Message{N_("{0} is empty, or ends before the first packet."), {name}}));
    } else {
        complain(error);
    }
}

// Reads all files; complains itself.
Result<Captured, int> read_files(const Options& options) {
    let_interrupts_end_waiting();
    capture::CaptureReading reading({.most_connections = options.most_connections,
                                     .progress = [](std::uint64_t) { return !interrupted(); }});
    for (const std::string& file : options.files) {
        auto window = capture::InputWindow::open(file);
        const auto read =
            window ? reading.read(file, std::move(*window)) : Result<>(unexpected(window.error()));
        if (!read) {
            complain_of_file(read.error());
            return unexpected(status_of(read.error()));
        }
    }
    return reading.finish();
}

std::string screen_text(const Captured& captured, const Observations& seen,
                        const std::vector<diagnosis::Finding>& findings,
                        const std::vector<std::uint32_t>& chosen, const Options& options,
                        const Screen& screen) {
    std::string text = capture_summary(captured, screen);
    for (const diagnosis::Finding& finding : findings) {
        text += '\n' + finding_text(finding, seen, screen);
    }
    text += '\n';
    constexpr std::size_t kListeners = 10;
    if (captured.ports.size() > 1 && !options.choice.is_set()) {
        text += capture_listeners(captured, kListeners, screen) + '\n';
    }
    // What an administrator needs should stay on one screen.
    constexpr std::size_t kFew = 40;
    const std::size_t most = options.limit.value_or(options.all ? chosen.size() : kFew);
    const std::vector<std::uint32_t> shown(
        chosen.begin(),
        chosen.begin() + static_cast<std::ptrdiff_t>(std::min(most, chosen.size())));
    text += capture_table(captured, shown, screen);
    if (shown.size() < chosen.size()) {
        text += render(Message{N_("… and {0} more (--all shows them; --connection N shows one)"),
                               {static_cast<std::int64_t>(chosen.size() - shown.size())}}) +
                '\n';
    } else if (!shown.empty()) {
        text += std::string(_("--connection N shows both ends' states of one.")) + '\n';
    }
    return text;
}

int show_one(const Captured& captured, std::uint32_t number, const Screen& screen) {
    const auto found = std::find_if(
        captured.connections.begin(), captured.connections.end(),
        [&](const CapturedConnection& connection) { return connection.number == number; });
    if (found == captured.connections.end()) {
        complain(render(Message{
            N_("there is no connection {0}; there are: 1 to {1}"),
            {std::int64_t{number}, static_cast<std::int64_t>(captured.connections.size())}}));
        return kUsageError;
    }
    return finish(capture_ladder(*found, screen, can_show_unicode()), kSuccess);
}

int run(const Options& options, const Context& context) {
    if (options.files.empty()) {
        complain(_("which capture? Name a file, or - for standard input"));
        return kUsageError;
    }
    const auto filter = options.choice.filter();
    if (!filter) {
        return kUsageError;
    }
    auto read = read_files(options);
    if (!read) {
        return read.error();
    }
    const auto captured = std::make_shared<const Captured>(std::move(*read));
    if (options.connection && !options.json) {
        return show_one(*captured, *options.connection, context.screen);
    }
    const Observations seen = capture::observe(captured);
    const auto findings = diagnosis::diagnose({.now = seen});
    auto chosen = options.choice.of(*captured, *filter);
    if (options.connection) {
        std::erase_if(chosen, [&](std::uint32_t index) {
            return captured->connections[index].number != *options.connection;
        });
    }
    const int status = diagnosis::exit_status(findings);
    if (!options.json) {
        return finish(screen_text(*captured, seen, findings, chosen, options, context.screen),
                      status);
    }
    int written = kSuccess;
    capture_json(*captured, seen, findings, chosen, [&](std::string_view text) {
        written = finish(text, kSuccess);
        return written == kSuccess;
    });
    return written == kSuccess ? status : written;
}

}  // namespace

void add_capture_command(CLI::App& tcpdx, Run& chosen) {
    const auto options = std::make_shared<Options>();
    CLI::App* command = tcpdx.add_subcommand(
        "capture", _("rebuild both ends of every connection from packet captures"));
    command->add_option(
        "FILE", options->files,
        _("pcap or pcapng, also compressed with gzip or zstd; - is standard input"));
    command
        ->add_option("--connection", options->connection,
                     _("one connection as a ladder: both ends' states and what moved them"))
        ->type_name("N");
    options->choice.add_options(*command);
    command->add_option("--limit", options->limit, _("at most so many connections in the table"))
        ->type_name("N");
    command->add_flag("--all", options->all, _("all connections in the table"));
    command
        ->add_option("--most", options->most_connections,
                     _("connections held at the same time, half a kilobyte each"))
        ->type_name("N");
    command->add_flag("--json", options->json, _("JSON, described in docs/json.md"));
    command->callback([&chosen, options] {
        chosen = [options](const Context& context) { return run(*options, context); };
    });
}

}  // namespace tcpdx::app
