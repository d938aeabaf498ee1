#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>

#include "app/amounts.h"
#include "app/command.h"
#include "app/history_file.h"
#include "app/host_monitor.h"
#include "app/interruption.h"
#include "app/memory_given_back.h"
#include "app/recording.h"
#include "app/usage_error.h"
#include "base/i18n.h"
#include "presentation/i18n.h"
#include "presentation/render.h"

namespace tcpdx::app {
namespace {

struct Options {
    RecordingOptions recording;
    bool all_namespaces = false;
    bool sample = false;
    double seconds = 0;
};

Result<> record(const Options& options, const RecordingSettings& wanted) {
    using Clock = std::chrono::steady_clock;
    history::Recorder recorder = TRY(open_recorder(wanted));
    tell_gap_before(recorder);
    const std::unique_ptr<HostMonitor> monitor = TRY(HostMonitor::begin(
        {.all_namespaces = options.all_namespaces, .only_sample = options.sample}, &recorder));
    tell_how_watched(*monitor, options.sample);
    RecordingWatch watch;
    monitor->on_second([&watch](const HostNow& now) { watch.tell_changes(now); });
    const auto end = Clock::now() + std::chrono::duration_cast<Clock::duration>(
                                        std::chrono::duration<double>(options.seconds));
    return monitor->run(
        [&] { return interrupted() || (options.seconds > 0 && Clock::now() >= end); });
}

int run(const Options& options) {
    const auto wanted = understand(options.recording);
    if (!wanted) {
        return kUsageError;
    }
    give_memory_back_at_once();
    const auto speaking = speak_all_languages();
    let_signals_end_waiting();
    const Result<> recorded = record(options, *wanted);
    if (!recorded) {
        complain(recorded.error());
        return kFailure;
    }
    return kSuccess;
}

}  // namespace

void add_record_command(CLI::App& tcpdx, Run& chosen) {
    CLI::App& command = *tcpdx.add_subcommand(
        "record", _("keep a history of this host: states, connections, findings"));
    const auto options = std::make_shared<Options>();
    add_recording_options(command, options->recording);
    command.add_flag("--all-netns", options->all_namespaces,
                     _("all network namespaces (containers), not only this one"));
    command.add_flag("--sample", options->sample,
                     _("list the sockets again and again instead of taking events; needs no "
                       "privilege"));
    command
        .add_option("--for", options->seconds, _("end after so many seconds; else Ctrl-C ends it"))
        ->check(seconds_between(0.001, 1e9))
        ->type_name(_("SECONDS"));
    command.callback([&chosen, options] {
        chosen = [options](const Context& /*context*/) { return run(*options); };
    });
}

}  // namespace tcpdx::app
