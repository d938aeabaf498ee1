#pragma once

// Makes recorded probes for tests: a client 10.1.0.1 that asked port 8080 of 10.2.0.1 through the
// gateway 10.1.0.254.

#include <cerrno>

#include "model/port_watch.h"
#include "model/probe_report.h"

namespace tcpdx::diagnosis::reach {

using std::chrono::microseconds;
using std::chrono::milliseconds;

inline IpAddress address(const char* text) {
    return *parse_ip_address(text);
}

inline ConnectAttempt attempt(std::uint16_t port, ConnectAttempt::Outcome outcome, int error,
                              milliseconds took) {
    return {.target = {address("10.2.0.1"), port},
            .outcome = outcome,
            .error = error,
            .source = SocketAddress{address("10.1.0.1"), 40000},
            .took = took};
}

inline ConnectAttempt silent(std::uint16_t port, milliseconds patience = milliseconds(3500)) {
    ConnectAttempt made = attempt(port, ConnectAttempt::Outcome::NoAnswer, 0, patience);
    made.timeouts = 3;
    made.retransmissions = 3;
    made.in_flight = 1;
    return made;
}

inline ConnectAttempt connected(std::uint16_t port) {
    return attempt(port, ConnectAttempt::Outcome::Connected, 0, milliseconds(11));
}

inline ConnectAttempt refused(std::uint16_t port, int error = ECONNREFUSED) {
    return attempt(port, ConnectAttempt::Outcome::Refused, error, milliseconds(11));
}

inline IcmpError icmp(int type, int code, const char* sender,
                      milliseconds after = milliseconds(11)) {
    const IpAddress from = address(sender);
    return {.family = from.family,
            .type = static_cast<std::uint8_t>(type),
            .code = static_cast<std::uint8_t>(code),
            .sender = from,
            .after = after};
}

inline RawProbe raw(RawProbe::Segment segment, RawProbe::Answer answer) {
    return {
        .segment = segment, .port = 8080, .answer = answer, .after = milliseconds(11), .tries = 2};
}

inline TargetProbe probe_of(ConnectAttempt made) {
    return {.target = made.target,
            .route = LocalRoute{.kind = LocalRoute::Kind::Unicast,
                                .interface = "wire",
                                .gateway = address("10.1.0.254"),
                                .source = address("10.1.0.1")},
            .next_hop = NextHop{address("10.1.0.254"), NeighbourState::Reachable},
            .attempt = std::move(made)};
}

// The battery of a privileged probe after silence. Class S1: everything else of the host answers.
inline TargetProbe one_port_silent() {
    TargetProbe probe = probe_of(silent(8080));
    probe.attempt.captured = CapturedSegments{.syns_sent = 4};
    probe.closed_reference = refused(1);
    probe.open_references = {connected(2200)};
    probe.raw = {raw(RawProbe::Segment::Ack, RawProbe::Answer::Nothing),
                 raw(RawProbe::Segment::Fin, RawProbe::Answer::Nothing)};
    probe.path = {
        {.distance = 1, .kind = PathHop::Kind::TimeExceeded, .error = icmp(11, 0, "10.1.0.254")},
        {.distance = 2},
        {.distance = 3},
        {.distance = 4}};
    probe.ping = PingResult{.sent = 1, .answered = 1};
    return probe;
}

// Class S4: nothing of the host answers, also not the port that is known to be open.
inline TargetProbe host_silent() {
    TargetProbe probe = one_port_silent();
    probe.closed_reference = silent(1, milliseconds(1300));
    probe.open_references = {silent(2200, milliseconds(1300))};
    probe.open_reference_named = true;
    probe.ping = PingResult{.sent = 2};
    return probe;
}

// An unprivileged probe has neither raw segments nor a capture.
inline TargetProbe without_privilege(TargetProbe probe) {
    probe.raw.clear();
    probe.attempt.captured.reset();
    if (probe.closed_reference) {
        probe.closed_reference->captured.reset();
    }
    for (ConnectAttempt& reference : probe.open_references) {
        reference.captured.reset();
    }
    return probe;
}

// Of those that a server looks at while it watches a peer.
inline void let_no_counter_rise(PortWatch& watch) {
    for (const char* name : {"TcpExtListenDrops", "TcpExtListenOverflows", "IpOutNoRoutes",
                             "TcpExtTCPMD5NotFound", "TcpExtIPReversePathFilter", "TcpOutRsts",
                             "TcpExtPAWSTimewait", "TcpExtTCPDeferAcceptDrop"}) {
        watch.counter_increases.set(name, 0);
    }
}

}  // namespace tcpdx::diagnosis::reach
