#include "model/trace/tally.h"

#include <algorithm>

namespace tcpdx::trace {
namespace {

constexpr std::size_t index_of(TcpState state) {
    return static_cast<std::size_t>(state);
}

}  // namespace

void TallyListener::stepped(const Life& life, std::size_t index) {
    const Step& step = life.steps()[index];
    const auto from = state_before(life, index);
    if (from && *from != step.state) {
        ++tally_.transitions.at(index_of(*from)).at(index_of(step.state));
    }
    if (index > 0) {
        std::uint64_t& left = tally_.open.at(index_of(life.steps()[index - 1].state));
        left -= left > 0 ? 1U : 0U;
        const Dwell dwell = dwell_in(life, index - 1, {});
        if (dwell.lower && dwell.upper && from != step.state) {
            const std::chrono::duration<double> lasted = *dwell.lower;
            const auto* bound =
                std::lower_bound(kDwellBounds.begin(), kDwellBounds.end(), lasted.count());
            const auto state = index_of(life.steps()[index - 1].state);
            ++tally_.dwells.at(state).at(static_cast<std::size_t>(bound - kDwellBounds.begin()));
            tally_.dwell_sum.at(state) += lasted;
        }
    } else {
        tally_.opened_actively += step.state == TcpState::SynSent ? 1U : 0U;
        tally_.opened_passively += step.state == TcpState::SynReceived || life.syn_cookie ? 1U : 0U;
    }
    if (step.state != TcpState::Closed) {
        ++tally_.open.at(index_of(step.state));
    }
    next_.stepped(life, index);
}

void TallyListener::happened(const Event& event, const Life* life) {
    switch (event.kind) {
        case EventKind::ResetSent:
            ++tally_.resets_sent;
            break;
        case EventKind::ResetReceived:
            ++tally_.resets_received;
            break;
        case EventKind::Retransmission:
        case EventKind::SynAckRepeated:
            ++tally_.retransmissions;
            break;
        case EventKind::PacketDropped:
            ++tally_.drops;
            break;
        case EventKind::StateChange:
        case EventKind::RequestStarted:
        case EventKind::RequestExpired:
        case EventKind::RequestStopped:
        case EventKind::TimeWaitStarted:
        case EventKind::TimeWaitExpired:
        case EventKind::TimeWaitStopped:
        case EventKind::ErrorReported:
        case EventKind::OwnerSeen:
        case EventKind::Released:
            break;
    }
    next_.happened(event, life);
}

void TallyListener::ended(const Life& life) {
    tally_.closed += life.is_listener() ? 0U : 1U;
    next_.ended(life);
}

void TallyListener::count_open(const LifeTracker& tracker) {
    tally_.open.fill(0);
    tracker.for_each_open_state([this](TcpState state) {
        if (state != TcpState::Closed) {
            ++tally_.open.at(index_of(state));
        }
    });
}

}  // namespace tcpdx::trace
