#include "model/trace/life.h"

#include <algorithm>
#include <cstring>

namespace tcpdx::trace {
namespace {

Dwell between(const Step& begin, Time earliest_end, Time latest_end) {
    Dwell dwell;
    // The state may have begun as late as `latest`; an end before that is one of two bounds that
    // overlap.
    dwell.lower = std::max(earliest_end - begin.latest, Time(0));
    if (!begin.began_unseen()) {
        dwell.upper = latest_end - begin.earliest;
    }
    return dwell;
}

}  // namespace

std::string_view LifeOwner::name_text() const {
    return {name.data(), ::strnlen(name.data(), name.size())};
}

bool Life::complete() const {
    return began_as && !steps_lost &&
           std::all_of(steps().begin(), steps().end(),
                       [](const Step& step) { return step.flaw == Flaw::None; });
}

std::optional<TcpState> state_before(const Life& life, std::size_t index) {
    return index == 0 ? life.began_as : std::optional(life.steps()[index - 1].state);
}

Dwell dwell_in(const Life& life, std::size_t index, std::optional<Time> now) {
    const auto steps = life.steps();
    if (index + 1 < steps.size()) {
        return between(steps[index], steps[index + 1].earliest, steps[index + 1].latest);
    }
    return now ? between(steps[index], *now, *now) : Dwell();
}

Dwell whole_life(const Life& life) {
    const auto steps = life.steps();
    return between(steps.front(), steps.back().earliest, steps.back().latest);
}

Closer find_first_fin(const Life& life) {
    for (const Step& step : life.steps()) {
        switch (step.state) {
            case TcpState::FinWait1:
            case TcpState::FinWait2: {
                const bool crossing =
                    std::any_of(life.steps().begin(), life.steps().end(),
                                [](const Step& each) { return each.state == TcpState::Closing; });
                return crossing ? Closer::Both : Closer::Local;
            }
            case TcpState::Closing:
                return Closer::Both;
            case TcpState::CloseWait:
            case TcpState::LastAck:
                return Closer::Peer;
            case TcpState::Closed:
            case TcpState::Listen:
            case TcpState::SynSent:
            case TcpState::SynReceived:
            case TcpState::Established:
            case TcpState::TimeWait:
                break;
        }
    }
    return Closer::Unknown;
}

}  // namespace tcpdx::trace
