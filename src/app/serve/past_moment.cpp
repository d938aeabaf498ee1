#include "app/serve/past_moment.h"

#include <algorithm>

#include "base/i18n.h"
#include "history/reader.h"
#include "presentation/i18n.h"

namespace tcpdx::app {
namespace {

using history::Micros;
using history::Seconds;

// Each second is written a little after it is over.
constexpr Micros kNotYetWritten = std::chrono::seconds(5);

bool hides(const history::Gap& gap) {
    return gap.reason != history::GapReason::EventsLost &&
           gap.reason != history::GapReason::Sampled;
}

Result<bool> was_recorded(history::Reader& reader, Micros at) {
    const auto gaps = TRY(reader.gaps(at, at + Micros(1)));
    if (std::any_of(gaps.begin(), gaps.end(), hides)) {
        return false;
    }
    const auto second = std::chrono::floor<Seconds>(at);
    const Seconds step = TRY(reader.kept_step(Seconds(1), second));
    const Seconds begin(second.count() / step.count() * step.count());
    return !TRY(reader.samples(step, begin, begin + step)).empty();
}

std::vector<history::KeptLife> open_lives(const HostMonitor& monitor) {
    std::vector<history::KeptLife> lives;
    const trace::ReasonNames no_names;
    const trace::Time offset = HostMonitor::wall_offset();
    monitor.with_tracker([&](const trace::LifeTracker& tracker) {
        lives.reserve(tracker.open_lives());
        tracker.for_each_open([&](const trace::Life& life) {
            lives.push_back(HostMonitor::kept(life, offset, no_names));
        });
    });
    return lives;
}

Result<std::optional<Past>> past_at(const HostMonitor& monitor, const std::string& file,
                                    Micros at) {
    history::Reader reader = TRY(history::Reader::open(file));
    const auto newest = TRY(reader.newest());
    if (newest && at > *newest && at - *newest < kNotYetWritten) {
        at = *newest - Micros(1);
    }
    if (!TRY(was_recorded(reader, at))) {
        return std::nullopt;
    }
    return TRY(connections_at(reader, at, open_lives(monitor)));
}

}  // namespace

Parameter<Past> read_past(const HostMonitor& monitor, const std::string& history_file,
                          std::chrono::microseconds at) {
    if (history_file.empty()) {
        return tl::unexpected(error_answer(404, "not-found", _("No history is kept here.")));
    }
    auto past = past_at(monitor, history_file, at);
    if (!past) {
        return tl::unexpected(error_answer(500, "failed", _(past.error().doing.c_str())));
    }
    if (!*past) {
        return tl::unexpected(
            error_answer(404, "not-recorded",
                         _("Nothing was recorded at this moment: what was is not known."), "at"));
    }
    return **std::move(past);
}

}  // namespace tcpdx::app
