#include <CLI/CLI.hpp>
#include <memory>
#include <numeric>
#include <string>
#include <vector>

#include "app/command.h"
#include "app/usage_error.h"
#include "presentation/i18n.h"
#include "presentation/json/capture_json.h"
#include "sources/capture/read_capture.h"

namespace tcpdx::app {
namespace {

struct Options {
    std::vector<std::string> files;
    bool json = false;
    std::size_t most_connections = 1'000'000;
};

int status_of(const Error& error) {
    return error.code == ErrorCode::Malformed || error.code == ErrorCode::Truncated ? kBadInput
                                                                                    : kNoInput;
}

int run(const Options& options, const Context&) {
    capture::CaptureReading reading({.most_connections = options.most_connections});
    for (const std::string& file : options.files) {
        auto window = capture::InputWindow::open(file);
        const auto read =
            window ? reading.read(file, std::move(*window)) : Result<>(unexpected(window.error()));
        if (!read) {
            complain(read.error());
            return status_of(read.error());
        }
    }
    const Captured captured = reading.finish();
    std::vector<std::uint32_t> all(captured.connections.size());
    std::iota(all.begin(), all.end(), 0U);
    const Observations seen;
    int status = kSuccess;
    capture_json(captured, seen, {}, all, [&](std::string_view text) {
        status = finish(text, status);
        return status == kSuccess;
    });
    return status;
}

}  // namespace

void add_capture_command(CLI::App& tcpdx, Run& chosen) {
    const auto options = std::make_shared<Options>();
    CLI::App* command = tcpdx.add_subcommand(
        "capture", _("rebuild both ends of every connection from packet captures"));
    command->add_option(
        "FILE", options->files,
        _("pcap or pcapng, also compressed with gzip or zstd; - is standard input"));
    command->add_flag("--json", options->json, _("JSON, described in docs/json.md"));
    command->callback([&chosen, options] {
        chosen = [options](const Context& context) { return run(*options, context); };
    });
}

}  // namespace tcpdx::app
