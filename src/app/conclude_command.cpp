#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <array>
#include <cerrno>
#include <memory>

#include "app/command.h"
#include "base/i18n.h"
#include "base/unique_fd.h"
#include "diagnosis/reach/join.h"
#include "presentation/i18n.h"
#include "presentation/json/conclusion_json.h"
#include "presentation/render.h"
#include "presentation/text/conclusion_text.h"
#include "sources/saved/read_report.h"

namespace tcpdx::app {
namespace {

using diagnosis::reach::Joined;
using diagnosis::reach::WhyNotJoined;

struct Options {
    std::vector<std::string> files;
    bool json = false;
};

Result<std::string> read_whole(const std::string& path) {
    // A report is some kilobytes; whatever is larger is something else.
    constexpr std::size_t kLargest = 64UL << 20;
    const UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!file) {
        return os_failure(N_("reading a report"), path);
    }
    std::string text;
    std::array<char, 65536> piece{};
    for (;;) {
        const ssize_t size = ::read(file.get(), piece.data(), piece.size());
        if (size < 0 && errno == EINTR) {
            continue;
        }
        if (size < 0) {
            return os_failure(N_("reading a report"), path);
        }
        if (size == 0) {
            return text;
        }
        text.append(piece.data(), static_cast<std::size_t>(size));
        if (text.size() > kLargest) {
            return failure(ErrorCode::Malformed, N_("reading a report"));
        }
    }
}

void complain_about(const Error& error, const std::string& file) {
    switch (error.code) {
        case ErrorCode::Malformed:
            complain(render(Message{N_("{0} is no report of tcpdx, or is damaged ({1})."),
                                    {file, error.about}}));
            return;
        case ErrorCode::Unsupported:
            complain(
                render(Message{N_("{0} is another document ({1}): what is needed is the JSON of "
                                  "tcpdx probe and of tcpdx diagnose --from-peer."),
                               {file, error.about}}));
            return;
        case ErrorCode::Truncated:
        case ErrorCode::PermissionDenied:
        case ErrorCode::TryAgain:
        case ErrorCode::ReaderGone:
        case ErrorCode::Usage:
        case ErrorCode::System:
            complain(error);
            return;
    }
}

Message why_not(WhyNotJoined why, const ProbeReport& client, const PortWatch& server) {
    switch (why) {
        case WhyNotJoined::OtherPort:
            return {N_("the reports are about different ports: the client tried {0}, the server "
                       "watched {1}."),
                    {Port{client.port}, Port{server.port}}};
        case WhyNotJoined::OtherServer:
            return {N_("the reports are about different hosts: {0} is not an address of the host "
                       "that watched."),
                    {client.targets.front().target.address}};
        case WhyNotJoined::OtherClient:
            return {
                N_("the server watched for {0}, but the client that tried has {1}. If addresses "
                   "are translated in between, watch for the translated one."),
                {server.peer, client.targets.front().attempt.source
                                  ? client.targets.front().attempt.source->address
                                  : IpAddress{}}};
        case WhyNotJoined::OtherTime:
            return {
                N_("the reports are of different times: the client has to try while the server "
                   "watches.")};
        case WhyNotJoined::NoAttempt:
            return {N_("the client's report has no attempt in it.")};
    }
    return {};
}

// 0 when it is certain, 1 when several causes remain, 3 when nothing can be told.
int status_of(const Joined& joined) {
    using Outcome = diagnosis::reach::Verdict::Outcome;
    if (joined.verdict.outcome == Outcome::Connects || joined.verdict.is_certain()) {
        return 0;
    }
    return joined.verdict.candidates.empty() ? kCouldNotTell : 1;
}

int run(const Options& options, const Context& context) {
    std::optional<ProbeReport> client;
    std::optional<PortWatch> server;
    for (const std::string& file : options.files) {
        const auto text = read_whole(file);
        if (!text) {
            complain(text.error());
            return kNoInput;
        }
        auto report = saved::read_report(*text);
        if (!report) {
            complain_about(report.error(), file);
            return kBadInput;
        }
        if (auto* probe = std::get_if<ProbeReport>(&*report)) {
            client = std::move(*probe);
        } else {
            server = std::get<PortWatch>(*std::move(report));
        }
    }
    if (!client || !server) {
        complain(client
                     ? _("both reports are of a client; one has to be of the server: tcpdx "
                         "diagnose :PORT --from-peer ADDRESS --json.")
                     : _("both reports are of a server; one has to be of the client: tcpdx probe "
                         "HOST:PORT --json."));
        return kBadInput;
    }
    const auto joined = diagnosis::reach::join(*client, *server);
    if (!joined) {
        complain(render(why_not(joined.error(), *client, *server)));
        return kBadInput;
    }
    return finish(
        options.json ? conclusion_json(*joined) : conclusion_text(*joined, context.screen),
        status_of(*joined));
}

}  // namespace

void add_conclude_command(CLI::App& tcpdx, Run& chosen) {
    CLI::App& command = *tcpdx.add_subcommand(
        "conclude", _("join a client's and a server's report of the same minute into one cause"));
    const auto options = std::make_shared<Options>();
    command
        .add_option("REPORT", options->files,
                    _("the JSON of tcpdx probe, and that of tcpdx diagnose --from-peer"))
        ->required()
        ->expected(2)
        ->type_name("");
    command.add_flag("--json", options->json, _("JSON, described in docs/json.md"));
    command.callback([&chosen, options] {
        chosen = [options](const Context& context) { return run(*options, context); };
    });
}

}  // namespace tcpdx::app
