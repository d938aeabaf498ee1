#pragma once

// Events as the kernel sends them, for tests: recorded from Linux 6.18, with the times rounded.

#include <algorithm>
#include <string>
#include <vector>

#include "model/trace/life_tracker.h"

namespace tcpdx::trace {

inline constexpr SocketAddress kClientEnd{
    .address = {.bytes = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 127, 0, 0, 1}}, .port = 40000};
inline constexpr SocketAddress kServerEnd{.address = kClientEnd.address, .port = 80};

// Events of one end of a connection.
class End {
public:
    End(std::uint64_t cookie, SocketAddress local, SocketAddress remote)
        : cookie_(cookie), local_(local), remote_(remote) {}

    [[nodiscard]] Event event(EventKind kind, Time at, TcpState state) const {
        Event event{.kind = kind, .at = at, .cookie = cookie_, .network_namespace = 7};
        event.local = local_;
        event.remote = remote_;
        event.to = state;
        return event;
    }
    [[nodiscard]] Event change(Time at, TcpState from, TcpState to) const {
        Event change = event(EventKind::StateChange, at, to);
        change.from = from;
        return change;
    }
    // The kernel's request socket has no cookie.
    [[nodiscard]] Event request(EventKind kind, Time at) const {
        Event request = event(kind, at, TcpState::SynReceived);
        request.cookie = 0;
        return request;
    }
    [[nodiscard]] Event child(Time at) const {
        Event child = change(at, TcpState::Listen, TcpState::SynReceived);
        child.cookie = 0;
        return child;
    }

private:
    std::uint64_t cookie_;
    SocketAddress local_;
    SocketAddress remote_;
};

inline Event by(Event event, int process, std::string_view name) {
    event.process = process;
    event.in_call = true;
    std::copy_n(name.begin(), std::min<std::size_t>(name.size(), 15), event.process_name.begin());
    return event;
}

inline Event with_error(Event event, int error) {
    event.error = error;
    return event;
}

// What was told.
class Told final : public LifeListener {
public:
    void stepped(const Life& life, std::size_t index) override {
        const auto from = state_before(life, index);
        const Step& step = life.steps()[index];
        steps.push_back(std::string(from ? rfc_name(*from) : "?") + " > " +
                        std::string(rfc_name(step.state)));
        causes.emplace_back(step.cause == nullptr ? "" : step.cause->cause);
    }
    void happened(const Event& event, const Life* life) override {
        details.push_back(event.kind);
        known_details += life != nullptr ? 1 : 0;
    }
    void ended(const Life& life) override { lives.push_back(life); }

    std::vector<std::string> steps;
    std::vector<std::string> causes;
    std::vector<EventKind> details;
    int known_details = 0;
    std::vector<Life> lives;
};

}  // namespace tcpdx::trace
