#include "app/capture_input.h"

#include <fcntl.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>

#include "app/capture_save.h"
#include "app/command.h"
#include "app/interruption.h"
#include "base/i18n.h"
#include "presentation/i18n.h"
#include "presentation/render.h"
#include "sources/capture/live_capture.h"
#include "sources/capture/packet_writer.h"
#include "sources/capture/read_capture.h"

namespace tcpdx::app {
namespace {

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

// Anything longer than a second says that it is at work.
class Progress {
public:
    bool operator()(std::uint64_t bytes) {
        const auto now = std::chrono::steady_clock::now();
        if (::isatty(STDERR_FILENO) == 1 && now - shown_ > std::chrono::seconds(1)) {
            shown_ = now;
            said_ = true;
            std::fprintf(stderr, "\r%s ", render(Message{N_("read {0}"), {Bytes{bytes}}}).c_str());
        }
        return !interrupted();
    }
    Progress() = default;
    Progress(const Progress&) = delete;
    Progress& operator=(const Progress&) = delete;
    Progress(Progress&&) = delete;
    Progress& operator=(Progress&&) = delete;
    ~Progress() {
        if (said_) {
            std::fprintf(stderr, "\r\033[K");
        }
    }

private:
    std::chrono::steady_clock::time_point shown_ = std::chrono::steady_clock::now();
    bool said_ = false;
};

Result<Captured, int> read_live(const CaptureInput& input, const std::string& keep_in) {
    auto live = capture::LiveCapture::open(input.interface, input.expression);
    if (!live) {
        complain(live.error());
        return unexpected(live.error().code == ErrorCode::Usage ? kUsageError : kFailure);
    }
    UniqueFd kept;
    if (!keep_in.empty()) {
        kept = UniqueFd(::open(keep_in.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
        if (!kept) {
            complain(
                Error{.doing = N_("writing the packets"), .os_error = errno, .about = keep_in});
            return unexpected(kFailure);
        }
    }
    capture::PacketWriter writer([&](auto bytes) { return write_all(kept.get(), bytes); });
    Result<> written = kept ? writer.start() : Result<>{};
    capture::CaptureReading reading({.most_connections = input.most_connections});
    if (::isatty(STDERR_FILENO) == 1) {
        std::fprintf(stderr, "%s\n",
                     render(Message{N_("Capturing on {0}; Ctrl-C ends it and shows the result."),
                                    {input.interface}})
                         .c_str());
    }
    const auto started = std::chrono::steady_clock::now();
    const auto stopped = [&] {
        return interrupted() || !written ||
               (input.seconds &&
                std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count() >=
                    *input.seconds);
    };
    const auto ran = live->run(
        [&](const capture::PacketRecord& packet) {
            reading.take(packet);
            if (kept && written) {
                written = writer.add(packet);
            }
        },
        stopped);
    if (kept && written) {
        written = writer.flush();
    }
    for (const Result<>* result : {&ran, static_cast<const Result<>*>(&written)}) {
        if (!*result) {
            complain(result->error());
            return unexpected(kFailure);
        }
    }
    Captured captured = reading.finish();
    captured.files = {input.interface};
    captured.counts.dropped_by_capture += live->dropped();
    return captured;
}

// As a shell takes it for one word.
std::string quoted(const std::string& word) {
    constexpr std::string_view kPlain =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789./_-+,:@%";
    if (!word.empty() && word.find_first_not_of(kPlain) == std::string::npos) {
        return word;
    }
    std::string text = "'";
    for (const char letter : word) {
        text += letter == '\'' ? std::string("'\\''") : std::string(1, letter);
    }
    return text + "'";
}

// Standard input cannot be read again.
std::string command_of(const CaptureInput& input) {
    std::string command = "tcpdx capture";
    for (const std::string& file : input.files) {
        if (file == "-") {
            return {};
        }
        command += " " + quoted(file);
    }
    if (!input.expression.empty()) {
        command += " --packets " + quoted(input.expression);
    }
    return command;
}

}  // namespace

Result<Captured, int> read_capture(const CaptureInput& input, const std::string& keep_in) {
    let_interrupts_end_waiting();
    if (!input.interface.empty()) {
        let_signals_end_waiting();
        return read_live(input, keep_in);
    }
    std::optional<capture::PacketFilter> filter;
    if (!input.expression.empty()) {
        auto compiled = capture::PacketFilter::compile(input.expression);
        if (!compiled) {
            complain("--packets: " + compiled.error().doing);
            return unexpected(kUsageError);
        }
        filter.emplace(std::move(*compiled));
    }
    Progress progress;
    capture::ReadOptions options{.most_connections = input.most_connections,
                                 .progress = [&](std::uint64_t bytes) { return progress(bytes); }};
    if (filter) {
        options.wanted = [&](const capture::PacketRecord& packet) {
            return filter->matches(packet);
        };
    }
    capture::CaptureReading reading(std::move(options));
    for (const std::string& file : input.files) {
        auto window = capture::InputWindow::open(file);
        const auto read =
            window ? reading.read(file, std::move(*window)) : Result<>(unexpected(window.error()));
        if (!read) {
            complain_of_file(read.error());
            return unexpected(status_of(read.error()));
        }
    }
    Captured captured = reading.finish();
    captured.command = command_of(input);
    return captured;
}

}  // namespace tcpdx::app
