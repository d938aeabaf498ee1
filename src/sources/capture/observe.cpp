#include "sources/capture/observe.h"

#include <algorithm>

namespace tcpdx::capture {

Connection connection_of(const CapturedConnection& connection, std::size_t end, CaptureTime ended) {
    const CapturedEnd& mine = connection.ends.at(end);
    Connection made;
    made.local = mine.address;
    made.remote = connection.ends.at(1 - end).address;
    made.opener = mine.opener;
    made.opener_basis = mine.opener == Opener::Unknown ? OpenerBasis::None : OpenerBasis::Watched;
    if (const CapturedState* last = mine.last()) {
        if (const auto state = last->certain()) {
            made.state = *state;
            // From the latest moment that the packets leave, so that nothing seems older than it
            // is.
            const CaptureTime since = std::max(last->since, last->latest.value_or(last->since));
            made.age = Age::at_least(std::chrono::duration_cast<Age::Duration>(
                                         std::max(ended - since, std::chrono::nanoseconds(0))),
                                     AgeMethod::Watched);
        }
    }
    return made;
}

Observations observe(std::shared_ptr<const Captured> captured) {
    Observations seen;
    if (captured->last) {
        seen.taken =
            std::chrono::time_point_cast<std::chrono::system_clock::duration>(*captured->last);
    }
    seen.captured = std::move(captured);
    return seen;
}

}  // namespace tcpdx::capture
