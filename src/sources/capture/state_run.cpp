#include "sources/capture/state_run.h"

namespace tcpdx::capture {
namespace {

struct Span {
    StateSet possible;
    const EndEvent* by = nullptr;  // what led here; null for the first
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

// Where `event` may lead from `state`.
StateSet after(TcpState state, const EndEvent& event) {
    StateSet to;
    if (const Transition* row = transition_on(state, *event.what)) {
        to.add(row->to);
    }
    if (!event.certain) {
        to.add(state);
    }
    return to;
}

StateSet after(const StateSet& states, const EndEvent& event) {
    StateSet to;
    for (const TcpState state : kAllTcpStates) {
        if (!states.contains(state)) {
            continue;
        }
        const StateSet from_here = after(state, event);
        for (const TcpState next : kAllTcpStates) {
            if (from_here.contains(next)) {
                to.add(next);
            }
        }
    }
    return to;
}

void forward(const StateSet& initial, const std::vector<EndEvent>& events,
             std::vector<Span>& spans) {
    spans.push_back({initial, nullptr});
    for (const EndEvent& event : events) {
        StateSet& now = spans.back().possible;
        if (!event.what) {
            // A FIN is the last that an end sends, so what it sends before it was not closed.
            const StateSet sending =
                both(now, StateSet().add(TcpState::Established).add(TcpState::CloseWait));
            now = sending.empty() ? now : sending;
            continue;
        }
        const StateSet next = after(now, event);
        // A segment that no possible state reacts to: an old one, or one that nobody should send.
        if (next.empty() || next == now) {
            continue;
        }
        spans.push_back({next, &event});
    }
}

void prune(std::vector<Span>& spans) {
    for (std::size_t i = spans.size() - 1; i-- > 0;) {
        StateSet kept;
        for (const TcpState state : kAllTcpStates) {
            if (spans[i].possible.contains(state) &&
                !both(after(state, *spans[i + 1].by), spans[i + 1].possible).empty()) {
                kept.add(state);
            }
        }
        spans[i].possible = kept;
    }
    for (std::size_t i = 1; i < spans.size(); ++i) {
        spans[i].possible = both(after(spans[i - 1].possible, *spans[i].by), spans[i].possible);
    }
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
    if (const auto only = from.certain(); only && state.certain()) {
        state.row = transition_on(*only, *event.what);
    }
    return state;
}

}  // namespace

CaptureTime capture_time(std::int64_t ns) {
    return CaptureTime(std::chrono::nanoseconds(ns));
}

std::vector<CapturedState> run_states(const StateSet& initial, std::int64_t start,
                                      bool leave_out_initial, const std::vector<EndEvent>& events) {
    std::vector<Span> spans;
    forward(initial, events, spans);
    prune(spans);
    std::vector<CapturedState> states;
    for (std::size_t i = 0; i < spans.size(); ++i) {
        const Span* before = i > 0 ? &spans[i - 1] : nullptr;
        if (before != nullptr && before->possible == spans[i].possible) {
            continue;  // it turned out not to have happened
        }
        // What may have happened at any time is not told step by step.
        if (i > 0 && i + 1 < spans.size() && is_open(*spans[i].by) && is_open(*spans[i + 1].by) &&
            spans[i + 1].by->at - spans[i].by->at <= 2) {
            continue;
        }
        if (i == 0 && leave_out_initial && spans.size() > 1) {
            continue;
        }
        states.push_back(state_of(spans[i], before, start));
    }
    for (std::size_t i = 0; i + 1 < states.size(); ++i) {
        states[i].until = states[i + 1].since;
    }
    return states;
}

}  // namespace tcpdx::capture
