#include "history/records.h"

namespace tcpdx::history {

Micros opened_at(const trace::Life& life) {
    return std::chrono::duration_cast<Micros>(life.steps().front().earliest);
}

std::string_view name_of(GapReason reason) {
    switch (reason) {
        case GapReason::NotRunning:
            return "not-running";
        case GapReason::Crashed:
            return "crashed";
        case GapReason::DiskFull:
            return "disk-full";
        case GapReason::WriteFailed:
            return "write-failed";
        case GapReason::EventsLost:
            return "events-lost";
        case GapReason::Sampled:
            return "sampled";
    }
    return "";
}

}  // namespace tcpdx::history
