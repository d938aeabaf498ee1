// SYNs that got nothing back. From the client's side a lost SYN, a lost answer, a filter and a
// server that drops it for a full queue look the same; where the capture was made at the server,
// the way there is out of the question.

#include "diagnosis/rules/capture_syn_unanswered.h"

#include <algorithm>
#include <set>

#include "base/i18n.h"
#include "diagnosis/capture_evidence.h"
#include "diagnosis/evidence.h"

namespace tcpdx::diagnosis {
namespace {

constexpr std::chrono::milliseconds kSurelyLate{3000};
constexpr std::chrono::milliseconds kFelt{500};

struct Seen {
    std::set<SocketAddress> answering;  // completed a handshake in this capture
    std::set<IpAddress> answering_hosts;
    std::set<IpAddress> captured_at;  // hosts that the capture was made at
};

Seen look_around(const Captured& captured) {
    Seen seen;
    for (const CapturedPort& port : captured.ports) {
        if (port.established + port.half_open > 0) {
            seen.answering.insert(port.address);
            seen.answering_hosts.insert(port.address.address);
        }
    }
    for (const auto& [address, host] : captured.compact_sums.hosts) {
        if (host.is_near) {
            seen.captured_at.insert(address);
        }
    }
    for (const CapturedConnection& connection : captured.connections) {
        if (connection.ends[1].sent.syn_seen) {
            seen.answering.insert(connection.ends[1].address);
            seen.answering_hosts.insert(connection.ends[1].address.address);
        }
        if (connection.near == NearEnd::First || connection.near == NearEnd::Both) {
            seen.captured_at.insert(connection.ends[0].address.address);
        }
        if (connection.near == NearEnd::Second || connection.near == NearEnd::Both) {
            seen.captured_at.insert(connection.ends[1].address.address);
        }
    }
    return seen;
}

std::vector<Candidate> at_the_client(const SocketAddress& server) {
    return {{{N_("The SYN is lost or dropped on the way, or the server is off.")},
             {N_("a capture on the server at the same time shows no SYN")},
             {}},
            {{N_("The server gets the SYN and drops it: a full accept queue, or a filter.")},
             {N_("a capture on the server shows the SYN and no SYN+ACK")},
             "tcpdx diagnose :" + std::to_string(server.port)},
            {{N_("The answer is lost on its way back.")},
             {N_("a capture on the server shows the SYN+ACK leave")},
             {}}};
}

std::vector<Candidate> at_the_server(const SocketAddress& server) {
    return {{{N_("The accept queue of the listener is full, so that it drops SYNs.")},
             {N_("TcpExtListenOverflows rises")},
             "tcpdx diagnose :" + std::to_string(server.port)},
            {{N_("A packet filter of the server drops the SYN behind the capture.")},
             {N_("a rule there matches")},
             "nft list ruleset"},
            {{N_("The server has no way back to the client (routing, rp_filter).")},
             {N_("IPReversePathFilter rises, or there is no route")},
             "nstat -az TcpExtIPReversePathFilter"}};
}

// They did come about, but only after the SYN or its answer had been sent again: a second lost, or
// three, which users feel as "sometimes slow".
std::vector<Finding> late_ones(const Situation& situation) {
    std::vector<const CapturedConnection*> late;
    std::chrono::nanoseconds longest{0};
    for (const CapturedConnection& connection : situation.now.captured->connections) {
        const bool again = connection.ends[0].sent.syn_retransmissions > 0 ||
                           connection.ends[1].sent.syn_retransmissions > 0;
        if (again && connection.handshake_time && *connection.handshake_time > kFelt) {
            late.push_back(&connection);
            longest = std::max(longest, *connection.handshake_time);
        }
    }
    if (late.empty()) {
        return {};
    }
    const auto groups = grouped(late, 1);
    Finding finding;
    finding.severity = Severity::Warning;
    finding.claim = {N_("Connections to {0} came about only after the SYN or its answer was sent "
                        "again: {1}, the slowest after {2}."),
                     {groups.front().address, count_of(late.size()), to_ms(longest)}};
    add_groups(finding, situation, groups);
    finding.candidates = at_the_client(groups.front().address);
    return {finding};
}

std::vector<Finding> evaluate(const Situation& situation) {
    if (!situation.now.captured) {
        return {};
    }
    const Captured& captured = *situation.now.captured;
    std::vector<Finding> findings = late_ones(situation);
    std::vector<const CapturedConnection*> silent;
    std::uint64_t repeats = 0;
    for (const CapturedConnection& connection : captured.connections) {
        const std::uint64_t again = connection.ends[0].sent.syn_retransmissions;
        // One SYN at the end of the capture may still get its answer.
        if (connection.outcome == CapturedOutcome::Unanswered && connection.ends[0].sent.syn_seen &&
            (again > 0 || goes_on(captured, connection, kSurelyLate))) {
            silent.push_back(&connection);
            repeats = std::max(repeats, again);
        }
    }
    if (silent.empty()) {
        return findings;
    }
    const Seen seen = look_around(captured);
    const auto groups = grouped(silent, 1);
    const CapturedGroup& worst = groups.front();
    Finding finding;
    finding.severity = repeats >= 2 ? Severity::Problem : Severity::Warning;
    if (groups.size() == 1) {
        finding.claim = {N_("No answer to connection attempts to {1}: {0}."),
                         {count_of(silent.size()), worst.address}};
    } else {
        finding.claim = {
            N_("No answer to connection attempts: {0}, to {1} and further addresses: {2}."),
            {count_of(silent.size()), worst.address, count_of(groups.size() - 1)}};
    }
    add_groups(finding, situation, groups);
    const CapturedConnection& first = *worst.members.front();
    finding.evidence.push_back(
        {.fact = {N_("connection {0} sent its SYN again {1} times within {2}"),
                  {std::int64_t{first.number}, count_of(first.ends[0].sent.syn_retransmissions),
                   to_ms(first.last - first.first)}},
         .origin = Origin::Packet});
    if (seen.answering.contains(worst.address)) {
        finding.evidence.push_back(
            {.fact = {N_("other attempts to {0} in this capture were answered: it drops some, and "
                         "not all"),
                      {worst.address}},
             .origin = Origin::Packet});
    } else if (seen.answering_hosts.contains(worst.address.address)) {
        finding.evidence.push_back(
            {.fact = {N_("{0} answered on another port in this capture, so it is not off"),
                      {worst.address.address}},
             .origin = Origin::Packet});
    }
    finding.candidates = seen.captured_at.contains(worst.address.address)
                             ? at_the_server(worst.address)
                             : at_the_client(worst.address);
    finding.unknown.push_back(
        {N_("whether anything listens there: a live host without a listener "
            "would have answered with RST")});
    findings.push_back(finding);
    return findings;
}

}  // namespace

const Rule kCaptureSynUnanswered{.id = "capture-syn-unanswered",
                                 .title = N_("Captured connection attempts without any answer"),
                                 .evaluate = evaluate};

}  // namespace tcpdx::diagnosis
