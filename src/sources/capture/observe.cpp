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
    // One for each, in the same order, as the end saw it that the capture was made at; of what is
    // not certain the state stays CLOSED, of which no rule says anything.
    seen.connections.reserve(captured->connections.size());
    for (const CapturedConnection& connection : captured->connections) {
        const std::size_t end = connection.near == NearEnd::Second ? 1 : 0;
        Connection made = connection_of(connection, end, captured->last.value_or(connection.last));
        // Of attempts the packets tell more than a socket's state: the rules about captures do.
        if (made.state == TcpState::SynSent || made.state == TcpState::SynReceived) {
            made.state = TcpState::Closed;
            made.age = {};
        }
        seen.connections.push_back(made);
    }
    seen.captured = std::move(captured);
    return seen;
}

}  // namespace tcpdx::capture
