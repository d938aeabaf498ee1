#include "app/recording.h"

#include <CLI/CLI.hpp>
#include <cstdio>
#include <fstream>

#include "app/amounts.h"
#include "app/command.h"
#include "app/history_file.h"
#include "base/i18n.h"
#include "presentation/i18n.h"
#include "presentation/render.h"

namespace tcpdx::app {

void add_recording_options(CLI::App& command, RecordingOptions& options) {
    command
        .add_option("--history", options.file,
                    _("the file that the history is in; else /var/lib/tcpdx/history.db"))
        ->type_name(_("FILE"));
    command
        .add_option("--keep", options.keep,
                    _("how long to keep connections and findings: 12h, 30d"))
        ->type_name(_("DURATION"));
    command.add_option("--most", options.most, _("how large the file may become: 500M, 1G"))
        ->type_name(_("SIZE"));
}

std::optional<RecordingSettings> understand(const RecordingOptions& options) {
    RecordingSettings settings{.file = options.file.value_or(default_history_path())};
    if (options.keep) {
        const auto keep = parse_duration(*options.keep);
        if (!keep || keep->count() == 0) {
            complain(render({N_("--keep: '{0}' is no length of time: 12h, 30d"), {*options.keep}}));
            return std::nullopt;
        }
        settings.keep = *keep;
    }
    if (options.most) {
        constexpr std::uint64_t kLeast = 1024UL * 1024;
        const auto most = parse_size(*options.most);
        if (!most || *most < kLeast) {
            complain(render(
                {N_("--most: '{0}' is no size, or less than 1M: 500M, 1G"), {*options.most}}));
            return std::nullopt;
        }
        settings.most_bytes = *most;
    }
    return settings;
}

Result<history::Recorder> open_recorder(const RecordingSettings& settings) {
    TRY(make_folder_for(settings.file));
    std::string boot_id;
    std::ifstream("/proc/sys/kernel/random/boot_id") >> boot_id;
    return history::Recorder::open({.path = settings.file,
                                    .boot_id = boot_id,
                                    .keep = settings.keep,
                                    .most_bytes = settings.most_bytes},
                                   since_epoch());
}

std::unique_ptr<LanguageOfThread> speak_all_languages() {
    const Language own = language();
    choose_language("ko");
    return std::make_unique<LanguageOfThread>(own);
}

void tell_gap_before(const history::Recorder& recorder) {
    if (!recorder.gap_before()) {
        return;
    }
    const history::Gap& gap = *recorder.gap_before();
    const auto missing = std::chrono::duration_cast<std::chrono::milliseconds>(gap.end - gap.begin);
    if (gap.reason == history::GapReason::Crashed) {
        complain(render({N_("The recording before this one ended without a word: what happened in "
                            "its last second "
                            "may be missing, and nothing was recorded for {0} since."),
                         {missing}}));
    } else {
        complain(render({N_("Nothing was recorded for {0} before this."), {missing}}));
    }
}

void tell_how_watched(const HostMonitor& monitor, bool wanted_samples) {
    if (wanted_samples) {
        return;
    }
    if (monitor.without_events()) {
        complain(*monitor.without_events());
        complain(
            _("Without events, the sockets are listed once a second: what is shorter than that "
              "is not seen, nor who closed or reset."));
    }
    for (const Unseen& unseen : monitor.unseen()) {
        complain(render({N_("Not seen: {0} {1}"), {render(unseen.what), render(unseen.remedy)}}));
    }
}

void RecordingWatch::tell_changes(const HostNow& now) {
    if (now.recording_stopped == stopped_) {
        return;
    }
    if (now.recording_stopped == name_of(history::GapReason::DiskFull)) {
        complain(_("The disk is full: nothing is recorded until there is room again."));
    } else if (!now.recording_stopped.empty()) {
        complain(_("The history cannot be written: nothing is recorded until it can."));
    } else {
        complain(_("The recording goes on."));
    }
    stopped_ = now.recording_stopped;
}

}  // namespace tcpdx::app
