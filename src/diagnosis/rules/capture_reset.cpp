// Established connections that ended by a reset: who sent it, what it hit and what came before it.

#include "diagnosis/rules/capture_reset.h"

#include <algorithm>
#include <map>
#include <tuple>

#include "base/i18n.h"
#include "diagnosis/capture_evidence.h"
#include "diagnosis/evidence.h"

namespace tcpdx::diagnosis {
namespace {

// After both had closed a reset is ordinary.
bool cuts_off(const CapturedConnection& connection) {
    if (connection.outcome != CapturedOutcome::Reset || !connection.reset_from ||
        !connection.reset_hit) {
        return false;
    }
    const StateSet& hit = connection.reset_hit->possible;
    return !hit.contains(TcpState::TimeWait) && !hit.contains(TcpState::Closed) && !hit.empty();
}

Message what_it_hit(const CapturedConnection& connection) {
    const std::int64_t number{connection.number};
    const SocketAddress& end = connection.ends.at(1U - *connection.reset_from).address;
    if (const auto state = connection.reset_hit->certain()) {
        return {N_("connection {0}: the reset hit {1} in {2}"), {number, end, *state}};
    }
    return {N_("connection {0}: the reset hit {1}, in a state that the packets leave open"),
            {number, end}};
}

const char* provoked_by(const CapturedConnection& connection) {
    if (!connection.reset_provoked_by) {
        return N_("with nothing before it");
    }
    switch (*connection.reset_provoked_by) {
        case SegmentMark::Data:
            return N_("after data from the other end");
        case SegmentMark::Fin:
        case SegmentMark::FinAgain:
            return N_("after the other end's FIN");
        case SegmentMark::Syn:
        case SegmentMark::SynAgain:
        case SegmentMark::SynAck:
        case SegmentMark::SynAckAgain:
        case SegmentMark::Ack:
        case SegmentMark::AckAgain:
        case SegmentMark::AckOfFin:
        case SegmentMark::AckOfFinAgain:
        case SegmentMark::Rst:
        case SegmentMark::RstIgnored:
        case SegmentMark::IcmpError:
        case SegmentMark::ZeroWindow:
        case SegmentMark::WindowOpen:
        case SegmentMark::Speaks:
        case SegmentMark::NewSyn:
        case SegmentMark::AfterRst:
        case SegmentMark::BusySince:
        case SegmentMark::DataAgain:
        case SegmentMark::FinBefore:
        case SegmentMark::MayBeFin:
        case SegmentMark::LastHeard:
            break;
    }
    return N_("after an acknowledgment from the other end");
}

// A device in between that resets in an end's name is mostly another number of hops away.
bool has_other_hops(const CapturedConnection& connection) {
    const CapturedFlow& sent = connection.ends.at(*connection.reset_from).sent;
    return sent.reset_hop_limit != 0 && sent.reset_hop_limit != sent.hop_limit;
}

Candidate device_in_between(const IpAddress& sender) {
    return {{N_("A firewall or load balancer in between sent the RST.")},
            {N_("a capture at {0} shows no RST leave"), {sender}},
            {}};
}

std::vector<Candidate> candidates_of(const CapturedConnection& connection) {
    const IpAddress sender = connection.ends.at(*connection.reset_from).address.address;
    if (has_other_hops(connection)) {
        return {device_in_between(sender),
                {{N_("That end's system sends some resets with a hop limit of its own.")},
                 {N_("a capture at {0} shows the RST leave, with another TTL than data"), {sender}},
                 {}}};
    }
    const bool after_data = connection.reset_provoked_by == SegmentMark::Data;
    std::vector<Candidate> candidates{
        {{N_("The program ended or closed the socket with unread data, or aborts on purpose "
             "(SO_LINGER 0).")},
         {N_("TcpExtTCPAbortOnClose or TcpExtTCPAbortOnData rises there")},
         "nstat -az TcpExtTCPAbortOnClose TcpExtTCPAbortOnData"},
        {{after_data ? N_("That end had lost the connection before: a restart, or a timeout of "
                          "its own.")
                     : N_("That end gave up after a timeout of its own.")},
         {N_("its log or uptime says so")},
         {}}};
    if (!sender.is_loopback()) {
        candidates.push_back(device_in_between(sender));
    }
    return candidates;
}

void add_evidence(const Situation& situation, const CapturedConnection& connection,
                  Finding& finding) {
    const CapturedEnd& sender = connection.ends.at(*connection.reset_from);
    finding.evidence.push_back(captured_fact(situation, connection, what_it_hit(connection)));
    finding.evidence.push_back({.fact = {provoked_by(connection)}, .origin = Origin::Packet});
    if (has_other_hops(connection)) {
        finding.evidence.push_back(
            {.fact = {N_("the RST came with {0} hops left, all else of {1} with {2}"),
                      {std::int64_t{sender.sent.reset_hop_limit}, sender.address.address,
                       std::int64_t{sender.sent.hop_limit}}},
             .origin = Origin::Packet});
    }
}

std::vector<Finding> evaluate(const Situation& situation) {
    if (!situation.now.captured) {
        return {};
    }
    // The end that resets, whether it had opened, and whether it is doubtful that it was this end.
    using Group = std::tuple<IpAddress, bool, bool>;
    std::map<Group, std::vector<const CapturedConnection*>> groups;
    for (const CapturedConnection& connection : situation.now.captured->connections) {
        if (cuts_off(connection)) {
            const std::size_t sender = *connection.reset_from;
            groups[{connection.ends.at(sender).address.address, sender == 0,
                    has_other_hops(connection)}]
                .push_back(&connection);
        }
    }
    std::vector<Finding> findings;
    for (const auto& [group, connections] : groups) {
        const auto& [sender, opened, is_doubtful] = group;
        Finding finding;
        finding.severity = Severity::Warning;
        const SocketAddress& end = connections.front()->ends.at(opened ? 0 : 1).address;
        const bool one_listener = !opened && std::all_of(connections.begin(), connections.end(),
                                                         [&](const CapturedConnection* each) {
                                                             return each->ends[1].address == end;
                                                         });
        const Value name = one_listener ? Value(end) : Value(sender);
        finding.claim = {
            is_doubtful
                ? N_("Connections that had been established were reset in the name of {0}: {1}.")
                : N_("{0} reset connections that had been established: {1}."),
            {name, count_of(connections.size())}};
        for (const CapturedConnection* one : connections) {
            add_connection(finding, situation, *one);
        }
        constexpr std::size_t kShown = 3;
        for (std::size_t i = 0; i < std::min(kShown, connections.size()); ++i) {
            add_evidence(situation, *connections[i], finding);
        }
        finding.candidates = candidates_of(*connections.front());
        findings.push_back(finding);
        constexpr std::size_t kMostFindings = 4;
        if (findings.size() == kMostFindings) {
            break;
        }
    }
    return findings;
}

}  // namespace

const Rule kCaptureReset{.id = "capture-reset",
                         .title = N_("Captured connections that were reset"),
                         .evaluate = evaluate};

}  // namespace tcpdx::diagnosis
