#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "app/host_monitor.h"
#include "base/result.h"
#include "history/recorder.h"
#include "presentation/i18n.h"

namespace CLI {
class App;
}

namespace tcpdx::app {

// What `record` and `serve` say about their history on the command line, as it was written.
struct RecordingOptions {
    std::optional<std::string> file;
    std::optional<std::string> keep;
    std::optional<std::string> most;
};

struct RecordingSettings {
    std::string file;
    std::chrono::seconds keep{std::chrono::hours(24 * 30)};
    std::uint64_t most_bytes = 1024UL * 1024 * 1024;
};

void add_recording_options(CLI::App& command, RecordingOptions& options);
// Complains itself.
[[nodiscard]] std::optional<RecordingSettings> understand(const RecordingOptions& options);

[[nodiscard]] Result<history::Recorder> open_recorder(const RecordingSettings& settings);

// What is kept and served is written in every language; what is said on stderr by this thread stays
// in that of whoever started the program. To be called before any other thread.
[[nodiscard]] std::unique_ptr<LanguageOfThread> speak_all_languages();

// On stderr: what is missing since the recording before.
void tell_gap_before(const history::Recorder& recorder);
// On stderr: why there are no events, and what else cannot be seen.
void tell_how_watched(const HostMonitor& monitor, bool wanted_samples);

// Says once on stderr that the recording has stopped, and that it goes on.
class RecordingWatch {
public:
    void tell_changes(const HostNow& now);

private:
    std::string stopped_;
};

}  // namespace tcpdx::app
