#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "app/capture_choice.h"
#include "app/capture_input.h"
#include "app/capture_save.h"
#include "app/command.h"
#include "app/output_file.h"
#include "app/usage_error.h"
#include "base/i18n.h"
#include "diagnosis/engine.h"
#include "presentation/html/capture_page.h"
#include "presentation/i18n.h"
#include "presentation/json/capture_json.h"
#include "presentation/render.h"
#include "presentation/text/capture_ladder.h"
#include "presentation/text/capture_table.h"
#include "presentation/text/finding_text.h"
#include "sources/capture/observe.h"

namespace tcpdx::app {
namespace {

constexpr std::size_t kDefaultMost = 1'000'000;

struct Options {
    CaptureInput input{.most_connections = kDefaultMost};
    CaptureChoice choice;
    std::optional<std::string> html;
    std::optional<std::string> save;
    std::optional<std::uint32_t> connection;
    std::optional<std::size_t> limit;
    bool json = false;
    bool all = false;
};

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

int show_one(const Captured& captured, const std::vector<diagnosis::Finding>& findings,
             std::uint32_t number, const Screen& screen) {
    const auto found = captured.find(number);
    if (!found) {
        complain(render(Message{
            N_("there is no connection {0}; there are: 1 to {1}"),
            {std::int64_t{number}, static_cast<std::int64_t>(captured.connection_count())}}));
        return kUsageError;
    }
    return finish(capture_ladder(*found, findings_about(captured, *found, findings), screen,
                                 can_show_unicode()),
                  kSuccess);
}

// Of every finding, each connection once.
std::vector<std::uint32_t> found_in(const std::vector<diagnosis::Finding>& findings) {
    std::vector<std::uint32_t> indexes;
    for (const diagnosis::Finding& finding : findings) {
        indexes.insert(indexes.end(), finding.connections.begin(), finding.connections.end());
    }
    std::sort(indexes.begin(), indexes.end());
    indexes.erase(std::unique(indexes.begin(), indexes.end()), indexes.end());
    return indexes;
}

Result<> write_page(const std::string& path, const std::string& page) {
    OutputFile file = TRY(OutputFile::create(path));
    TRY(write_all(file.fd(), std::as_bytes(std::span(page))));
    return file.keep();
}

// --save and --html; false when one of them could not be written, which it complains of.
bool write_files(const Options& options, const std::vector<std::string>& files,
                 const Observations& seen, const std::vector<diagnosis::Finding>& findings,
                 const std::vector<std::uint32_t>& chosen) {
    const Captured& captured = *seen.captured;
    Result<> written;
    if (options.save) {
        written = save_packets(files, captured, found_in(findings), *options.save);
    }
    if (written && options.html) {
        written = write_page(*options.html, capture_page(captured, seen, findings, chosen));
    }
    if (!written) {
        complain(written.error());
    }
    return written.has_value();
}

// A live capture is kept beside the file that is asked for, until it shows which of it is wanted.
class KeptPackets {
public:
    explicit KeptPackets(const Options& options) {
        if (options.save && !options.input.interface.empty()) {
            path_ = *options.save + ".all";
        }
    }
    KeptPackets(const KeptPackets&) = delete;
    KeptPackets& operator=(const KeptPackets&) = delete;
    KeptPackets(KeptPackets&&) = delete;
    KeptPackets& operator=(KeptPackets&&) = delete;
    ~KeptPackets() {
        if (!path_.empty()) {
            ::unlink(path_.c_str());
        }
    }
    [[nodiscard]] const std::string& path() const { return path_; }

private:
    std::string path_;
};

bool asks_rightly(const Options& options) {
    const bool live = !options.input.interface.empty();
    if (options.input.files.empty() && !live) {
        complain(_("which capture? Name a file, - for standard input, or -i INTERFACE"));
        return false;
    }
    if (live && !options.input.files.empty()) {
        complain(_("either files or -i INTERFACE, not both"));
        return false;
    }
    const auto& files = options.input.files;
    if (options.save && std::find(files.begin(), files.end(), "-") != files.end()) {
        complain(_("--save reads the capture twice, so it needs a file and not standard input"));
        return false;
    }
    return true;
}

int run(const Options& options, const Context& context) {
    const auto filter = options.choice.filter();
    if (!asks_rightly(options) || !filter) {
        return kUsageError;
    }
    const KeptPackets kept(options);
    auto read = read_capture(options.input, kept.path());
    if (!read) {
        return read.error();
    }
    const auto captured = std::make_shared<const Captured>(std::move(*read));
    const Observations seen = capture::observe(captured);
    const auto findings = diagnosis::diagnose({.now = seen});
    auto chosen = options.choice.of(*captured, *filter);
    const auto& files =
        kept.path().empty() ? options.input.files : std::vector<std::string>{kept.path()};
    if (!write_files(options, files, seen, findings, chosen)) {
        return kFailure;
    }
    if (options.connection && !options.json) {
        return show_one(*captured, findings, *options.connection, context.screen);
    }
    if (options.connection) {
        std::erase_if(chosen, [&](std::uint32_t number) { return number != *options.connection; });
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
        "FILE", options->input.files,
        _("pcap or pcapng, also compressed with gzip or zstd; - is standard input"));
    command
        ->add_option("--connection", options->connection,
                     _("one connection as a ladder: both ends' states and what moved them"))
        ->type_name("N");
    command->add_option("-i,--interface", options->input.interface,
                        _("capture on this interface (any: all) instead of reading files"));
    command->add_option("--for", options->input.seconds, _("with -i: stop after so many seconds"))
        ->type_name("SECONDS");
    command->add_option("--packets", options->input.expression,
                        _("a filter of tcpdump: only these packets"));
    options->choice.add_options(*command);
    command->add_option("--limit", options->limit, _("at most so many connections in the table"))
        ->type_name("N");
    command->add_flag("--all", options->all, _("all connections in the table"));
    command
        ->add_option("--most", options->input.most_connections,
                     _("connections held at the same time, half a kilobyte each"))
        ->type_name("N");
    command->add_option("--html", options->html, _("also write one page with all of it"));
    command->add_option("--save", options->save,
                        _("also write the packets of connections with findings (pcapng)"));
    command->add_flag("--json", options->json, _("JSON, described in docs/json.md"));
    command->callback([&chosen, options] {
        chosen = [options](const Context& context) { return run(*options, context); };
    });
}

}  // namespace tcpdx::app
