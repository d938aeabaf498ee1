#pragma once

// A connection's whole life, as the writers get it, and what they wrote.

#include <unistd.h>

#include <cstdio>
#include <string>
#include <vector>

#include "base/owned.h"
#include "model/trace/events_for_tests.h"
#include "presentation/list/output_stream.h"
#include "presentation/trace/trace_context.h"

namespace tcpdx::trace {

inline int close_file(std::FILE* file) {
    return std::fclose(file);
}

class Written {
public:
    Written() : file_(std::tmpfile()), out_(::fileno(file_.get())) {}

    [[nodiscard]] OutputStream& out() { return out_; }
    [[nodiscard]] const TraceContext& context() const { return context_; }
    [[nodiscard]] TraceContext& context() { return context_; }
    [[nodiscard]] std::string text() {
        out_.flush();
        std::string text(65536, '\0');
        const ssize_t got = ::pread(::fileno(file_.get()), text.data(), text.size(), 0);
        text.resize(static_cast<std::size_t>(got));
        return text;
    }

private:
    Owned<std::FILE, close_file> file_;
    OutputStream out_;
    ReasonNames reasons_{.resets = {"NOT_SPECIFIED", "", "TCP_ABORT_ON_CLOSE"}, .drops = {}};
    TraceContext context_{
        .clock = TraceClock(std::chrono::system_clock::time_point{}, Time(0)),
        .reasons = &reasons_,
    };
};

// An ordinary connection as the client, which closes first, sees it.
inline std::vector<Event> client_events() {
    using namespace std::chrono_literals;
    using enum TcpState;
    const End client(1, kClientEnd, kServerEnd);
    Event handed_over = client.change(320ms, FinWait2, Closed);
    handed_over.counters = EventCounters{.bytes_acked = 102, .bytes_received = 50};
    return {by(client.change(1ms, Closed, SynSent), 42, "curl"),
            client.change(1087us, SynSent, Established),
            by(client.change(301ms, Established, FinWait1), 42, "curl"),
            client.change(302ms, FinWait1, FinWait2),
            client.event(EventKind::TimeWaitStarted, 320ms, TimeWait),
            handed_over,
            client.event(EventKind::TimeWaitExpired, 61s, TimeWait)};
}

// The other end of the same.
inline std::vector<Event> server_events() {
    using namespace std::chrono_literals;
    using enum TcpState;
    const End server(2, kServerEnd, kClientEnd);
    return {server.request(EventKind::RequestStarted, 1031us),
            server.child(1100us),
            server.request(EventKind::RequestStopped, 1100us),
            server.change(1101us, SynReceived, Established),
            server.change(301100us, Established, CloseWait),
            by(server.change(319ms, CloseWait, LastAck), 77, "nginx"),
            server.change(320100us, LastAck, Closed)};
}

inline void play(LifeTracker& tracker, std::vector<Event> events) {
    std::stable_sort(events.begin(), events.end(),
                     [](const Event& a, const Event& b) { return a.at < b.at; });
    for (const Event& event : events) {
        tracker.apply(event);
    }
    tracker.finish();
}

inline void play_client(LifeTracker& tracker) {
    play(tracker, client_events());
}

}  // namespace tcpdx::trace
