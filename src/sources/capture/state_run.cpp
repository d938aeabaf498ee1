#include "sources/capture/state_run.h"

#include <algorithm>
#include <initializer_list>
#include <optional>

namespace tcpdx::capture {
namespace {

struct Span {
    StateSet possible;
    const EndEvent* by = nullptr;  // what led here; null for the first
    bool tolerant = false;
};

bool is_open(const EndEvent& event) {
    return !event.certain && event.inferred;
}

StateSet both(const StateSet& a, const StateSet& b) {
    StateSet common;
    for (const TcpState state : kAllTcpStates) {
        if (a.contains(state) && b.contains(state)) {
            common.add(state);
        }
    }
    return common;
}

bool is_within(const StateSet& part, const StateSet& whole) {
    return both(part, whole) == part;
}

StateSet united(StateSet a, const StateSet& b) {
    for (const TcpState state : kAllTcpStates) {
        if (b.contains(state)) {
            a.add(state);
        }
    }
    return a;
}

// Everything that `state` may become without a packet that is captured. Both ends opening at once
// is too rare to be thought of where nothing hints at it.
StateSet onward_from(TcpState state) {
    StateSet to;
    to.add(state);
    const auto add = [&](std::initializer_list<TcpState> states) {
        for (const TcpState one : states) {
            to.add(one);
        }
    };
    using enum TcpState;
    switch (state) {
        case Closed:
        case Listen:
            break;
        case SynSent:
        case SynReceived:
        case Established:
            add({Established, FinWait1, FinWait2, CloseWait, Closing, LastAck, TimeWait, Closed});
            break;
        case FinWait1:
            add({FinWait2, Closing, TimeWait, Closed});
            break;
        case FinWait2:
        case Closing:
            add({TimeWait, Closed});
            break;
        case CloseWait:
            add({LastAck, Closed});
            break;
        case LastAck:
        case TimeWait:
            add({Closed});
            break;
    }
    return to;
}

// Where `event` may lead from `state`.
StateSet after(TcpState state, const EndEvent& event, bool tolerant) {
    StateSet to;
    if (event.hidden) {
        return onward_from(state);
    }
    if (!event.what) {
        return both(to.add(state), event.only);
    }
    if (const Transition* row = transition_on(state, *event.what)) {
        to.add(row->to);
    } else if (tolerant) {
        to.add(state);
    }
    if (!event.certain) {
        to.add(state);
    }
    return to;
}

StateSet after(const StateSet& states, const EndEvent& event, bool tolerant) {
    StateSet to;
    for (const TcpState state : kAllTcpStates) {
        if (states.contains(state)) {
            to = united(to, after(state, event, tolerant));
        }
    }
    return to;
}

void forward(const StateSet& initial, const std::vector<EndEvent>& events,
             std::vector<Span>& spans) {
    spans.push_back({initial, nullptr, false});
    bool tolerant = false;
    for (const EndEvent& event : events) {
        StateSet& now = spans.back().possible;
        tolerant |= event.hidden;
        const StateSet next = after(now, event, tolerant);
        // A segment that no possible state reacts to: an old one, or one that nobody should send.
        if (next.empty() || next == now) {
            continue;
        }
        const bool was_hidden = spans.back().by != nullptr && spans.back().by->hidden;
        if (!event.what && !event.hidden && !was_hidden) {
            now = next;
            continue;
        }
        spans.push_back({next, &event, tolerant});
    }
}

void prune(std::vector<Span>& spans) {
    for (std::size_t i = spans.size() - 1; i-- > 0;) {
        StateSet kept;
        const Span& next = spans[i + 1];
        for (const TcpState state : kAllTcpStates) {
            if (spans[i].possible.contains(state) &&
                !both(after(state, *next.by, next.tolerant), next.possible).empty()) {
                kept.add(state);
            }
        }
        spans[i].possible = kept;
    }
    for (std::size_t i = 1; i < spans.size(); ++i) {
        spans[i].possible =
            both(after(spans[i - 1].possible, *spans[i].by, spans[i].tolerant), spans[i].possible);
    }
}

// All that lies between the states before and those at the end of a hidden span.
StateSet between(const StateSet& before, const StateSet& at_end) {
    StateSet states;
    const StateSet reached = onward(before);
    for (const TcpState state : kAllTcpStates) {
        if (reached.contains(state) && !both(onward_from(state), at_end).empty()) {
            states.add(state);
        }
    }
    return states;
}

CapturedState state_of(const Span& span, const Span* before, std::int64_t start) {
    CapturedState state{.possible = span.possible, .since = capture_time(start)};
    if (span.by == nullptr) {
        return state;
    }
    const EndEvent& event = *span.by;
    state.since = capture_time(event.at);
    state.cause = event.cause;
    state.packet = event.packet;
    state.inferred = event.inferred;
    state.assumed = event.assumed;
    if (event.earliest) {
        state.earliest = capture_time(*event.earliest);
    }
    if (event.latest) {
        state.latest = capture_time(*event.latest);
    }
    const CapturedState from{.possible = before->possible};
    if (const auto only = from.certain(); only && state.certain() && event.what) {
        state.row = transition_on(*only, *event.what);
    }
    return state;
}

}  // namespace

StateSet onward(const StateSet& states) {
    StateSet to;
    for (const TcpState state : kAllTcpStates) {
        if (states.contains(state)) {
            to = united(to, onward_from(state));
        }
    }
    return to;
}

CaptureTime capture_time(std::int64_t ns) {
    return CaptureTime(std::chrono::nanoseconds(ns));
}

std::vector<CapturedState> run_states(const StateSet& initial, std::int64_t start,
                                      bool leave_out_initial, const std::vector<EndEvent>& events) {
    std::vector<Span> spans;
    forward(initial, events, spans);
    prune(spans);
    std::vector<CapturedState> states;
    StateSet told;  // last
    for (std::size_t i = 0; i < spans.size(); ++i) {
        Span span = spans[i];
        const Span* before = i > 0 ? &spans[i - 1] : nullptr;
        const bool hidden = span.by != nullptr && span.by->hidden;
        if (hidden) {
            // What is before it or behind it anyway is not told: the bounds of that say the rest.
            span.possible = between(before->possible, span.possible);
            if (i + 1 < spans.size() &&
                is_within(span.possible, united(told, spans[i + 1].possible))) {
                continue;
            }
        }
        if (before != nullptr && told == span.possible) {
            continue;  // it turned out not to have happened
        }
        // What may have happened at any time is not told step by step.
        if (i > 0 && i + 1 < spans.size() && !hidden && is_open(*span.by) &&
            is_open(*spans[i + 1].by) && spans[i + 1].by->at - span.by->at <= 2) {
            continue;
        }
        told = span.possible;
        if (i == 0 && leave_out_initial && spans.size() > 1) {
            continue;
        }
        const Span from{.possible = before != nullptr ? before->possible : StateSet()};
        states.push_back(state_of(span, &from, start));
    }
    for (std::size_t i = 0; i + 1 < states.size(); ++i) {
        states[i].until = states[i + 1].since;
    }
    // No state begins before the one that it follows can have; of a span that is open that is no
    // bound, since one of its states may have begun before.
    std::optional<CaptureTime> floor;
    for (CapturedState& state : states) {
        if (floor && state.earliest) {
            state.earliest = std::max(*state.earliest, *floor);
        }
        if (state.certain() && state.earliest) {
            floor = state.earliest;
        }
    }
    return states;
}

}  // namespace tcpdx::capture
