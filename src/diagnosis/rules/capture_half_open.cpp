// Handshakes that the opener never completed: many from many addresses are a flood of forged SYNs,
// a few are answers or ACKs that get lost, or an accept queue without room.

#include "diagnosis/rules/capture_half_open.h"

#include <algorithm>

#include "base/i18n.h"
#include "diagnosis/capture_evidence.h"
#include "diagnosis/evidence.h"

namespace tcpdx::diagnosis {
namespace {

// A listener that repeats its SYN+ACK although the ACK has passed it: no room in its accept queue.
bool repeats_in_spite_of_ack(const CapturedConnection& connection) {
    bool acked = false;
    for (const CapturedSegment& segment : connection.segments) {
        acked |= segment.from == 0 && segment.mark == SegmentMark::Ack;
        if (acked && segment.from == 1 && segment.mark == SegmentMark::SynAckAgain) {
            return connection.near == NearEnd::Second || connection.near == NearEnd::Both;
        }
    }
    return false;
}

Finding flood(const Situation& situation, const CapturedPort& port) {
    Finding finding;
    finding.severity = Severity::Problem;
    finding.claim = {N_("{0} is flooded with SYNs: attempts {1}, completed {2}."),
                     {port.address, count_of(port.attempts), count_of(port.established)}};
    finding.evidence.push_back({.fact = {N_("answered and never completed {0}, never answered {1}"),
                                         {count_of(port.half_open), count_of(port.unanswered)}},
                                .origin = Origin::Packet});
    if (situation.now.captured->forgotten.half_open > 0) {
        finding.evidence.push_back(
            {.fact = {N_("half-open attempts that are only counted, to save memory: {0}"),
                      {count_of(situation.now.captured->forgotten.half_open)}},
             .origin = Origin::Packet});
    }
    finding.advice = {
        {N_("Keep net.ipv4.tcp_syncookies at 1: with cookies real clients still get through.")},
        {N_("Limit new connections by source in front of the server.")}};
    return finding;
}

Finding queue_full(const Situation& situation,
                   const std::vector<const CapturedConnection*>& connections) {
    const auto groups = grouped(connections, 1);
    Finding finding;
    finding.severity = Severity::Problem;
    finding.claim = {
        N_("{0} sends its SYN+ACK again although the ACK has arrived: its accept queue "
           "has no room (connections: {1})."),
        {groups.front().address, count_of(connections.size())}};
    add_groups(finding, situation, groups);
    finding.advice.push_back(
        {N_("Look why the program does not call accept() fast enough; tcpdx diagnose shows the "
            "queue.")});
    return finding;
}

Finding incomplete(const Situation& situation,
                   const std::vector<const CapturedConnection*>& connections) {
    const auto groups = grouped(connections, 1);
    Finding finding;
    finding.severity = Severity::Warning;
    finding.claim = {N_("Handshakes that were answered and never completed: {0}, with {1}."),
                     {count_of(connections.size()), groups.front().address}};
    add_groups(finding, situation, groups);
    finding.candidates = {
        {{N_("The SYN+ACK does not get back to the client.")},
         {N_("a capture at the client shows SYNs and no SYN+ACK")},
         {}},
        {{N_("The client's ACK does not get to the server.")},
         {N_("a capture at the client shows the ACK leave")},
         {}},
        {{N_("A scanner, or forged source addresses: nobody wants the connection.")},
         {N_("the sources are not clients of this service")},
         {}}};
    return finding;
}

std::vector<Finding> evaluate(const Situation& situation) {
    if (!situation.now.captured) {
        return {};
    }
    const Captured& captured = *situation.now.captured;
    std::vector<Finding> findings;
    std::vector<SocketAddress> flooded;
    for (const CapturedPort& port : captured.ports) {
        const std::uint64_t dead = port.half_open + port.unanswered;
        if (dead >= 10 * situation.limits.many_half_open && dead > 9 * port.established) {
            findings.push_back(flood(situation, port));
            flooded.push_back(port.address);
        }
    }
    std::vector<const CapturedConnection*> full;
    std::vector<const CapturedConnection*> open;
    constexpr std::chrono::milliseconds kSurelyLate{3000};
    for (const CapturedConnection& connection : captured.connections) {
        const SocketAddress& server = connection.ends[1].address;
        if (std::find(flooded.begin(), flooded.end(), server) != flooded.end()) {
            continue;
        }
        if (repeats_in_spite_of_ack(connection)) {
            full.push_back(&connection);
        } else if (connection.outcome == CapturedOutcome::HalfOpen &&
                   connection.ends[0].sent.packets > 0 &&
                   (connection.ends[1].sent.syn_retransmissions > 0 ||
                    goes_on(captured, connection, kSurelyLate))) {
            open.push_back(&connection);
        }
    }
    if (!full.empty()) {
        findings.push_back(queue_full(situation, full));
    }
    if (!open.empty()) {
        findings.push_back(incomplete(situation, open));
    }
    return findings;
}

}  // namespace

const Rule kCaptureHalfOpen{.id = "capture-half-open",
                            .title = N_("Captured handshakes that are never completed"),
                            .evaluate = evaluate};

}  // namespace tcpdx::diagnosis
