// The peer has closed and our kernel has acknowledged it, the program has read everything, even the
// end of the stream, but it never calls close(). RFC 9293 sets no timeout on CLOSE-WAIT, so nothing
// but that program can end the connection, and each one holds a descriptor until it does.
//
// Not to be confused with a program that is still sending its answer: a half-closed connection is
// legal, which is why the age decides, and data in the send queue or sent of late silences the
// rule. Nor with close-wait-unread (Linux counts an unread FIN as one byte, so Recv-Q is then at
// least 1), nor with close-wait-never-accepted, where no program has the socket yet.
//
// A paste has no ages. There the number beside the open connections of the same program speaks, and
// only as a warning: see paste_evidence.h.

#include "diagnosis/rules/close_wait_leak.h"

#include "base/i18n.h"
#include "diagnosis/evidence.h"
#include "diagnosis/grouping.h"
#include "diagnosis/paste_evidence.h"

namespace tcpdx::diagnosis {
namespace {

bool answered_of_late(const Connection& connection, Limits::Duration limit) {
    return connection.tcp && connection.tcp->data_segments_out > 0 &&
           std::chrono::milliseconds(connection.tcp->last_data_sent_ms) < limit;
}

// In a paste: the rows that the rules about unread data and about the accept queue leave, without
// an age. The format may not show the queues at all (lsof, Windows).
void add_ageless(const Situation& situation, std::vector<Finding>& findings) {
    const auto concerned = [&](const Connection& connection) {
        return connection.owner.kind != OwnerKind::NeverAccepted &&
               connection.receive_queue.value_or(0) == 0 &&
               connection.send_queue.value_or(0) == 0 &&
               may_have_lasted(situation, connection, situation.limits.close_wait);
    };
    for (const ConnectionGroup& group :
         group_by_owner(situation, {TcpState::CloseWait}, concerned)) {
        const Connection& first = situation.now.connections[group.members.front()];
        const Value name = name_of(situation, group);
        Finding finding;
        finding.severity = weigh_close_wait(situation, group);
        finding.ordinary = !seem_accepted(situation, group.members);
        finding.claim = counted(
            NP_("{1} has {0} connection in CLOSE-WAIT: the peer has closed it, the program has "
                "not.",
                "{1} has {0} connections in CLOSE-WAIT: the peer has closed them, the program has "
                "not."),
            {count_of(group.members.size()), name});
        finding.connections = group.members;
        finding.evidence = {{{N_("{0} in CLOSE-WAIT beside {1} in ESTABLISHED"),
                              {count_of(beside(situation, group, TcpState::CloseWait)),
                               count_of(beside(situation, group, TcpState::Established))}},
                             origin_of(first),
                             "ss -tanp state close-wait"}};
        if (!first.receive_queue) {
            finding.unknown.push_back({N_(
                "whether the program has read the end of the stream: the listing has no Recv-Q")});
        } else if (is_of_linux(situation)) {
            finding.evidence.push_back({{N_("Recv-Q is 0: the program has read everything, and the "
                                            "end of the stream too")},
                                        origin_of(first),
                                        "ss -tanp state close-wait"});
        }
        add_peers(finding, situation, group.members);
        add_other_ends(finding, situation, group.members, StateSet().add(TcpState::FinWait2));
        add_seen_before(finding, situation, group.members);
        if (const std::size_t grown = grown_by(situation, group, TcpState::CloseWait); grown > 0) {
            finding.evidence.push_back(
                {{N_("{0} more than in the listing before"), {count_of(grown)}},
                 origin_of(first),
                 ""});
        }
        say_growth_unknown(finding, situation);
        say_if_program_unknown(finding, situation, group.process);
        if (finding.severity != Severity::Information) {
            finding.advice.push_back(
                {N_("Look for the missing close() on the end-of-stream path of "
                    "this program, and at what its threads wait for.")});
        } else {
            finding.advice.push_back({N_(
                "A few of these at one moment are ordinary. It is a leak when the same ones are "
                "there minutes later, or their number grows.")});
        }
        findings.push_back(std::move(finding));
    }
}

// In a paste of counts: more closed by the peer than open, whoever's they are.
void add_bare_count(const Situation& situation, std::vector<Finding>& findings) {
    const auto closed = bare_count(situation, TcpState::CloseWait);
    if (closed.value_or(0) < kFewOnAServer) {
        return;
    }
    const std::uint64_t open =
        situation.now.paste->state_counts[static_cast<std::size_t>(TcpState::Established)].value_or(
            0);
    Finding finding;
    finding.severity = *closed >= situation.limits.many_pooled && *closed > open
                           ? Severity::Warning
                           : Severity::Information;
    finding.claim = {N_("{0} connections are in CLOSE-WAIT: their peers have closed them, the "
                        "programs here have not."),
                     {count_of(*closed)}};
    finding.evidence = {
        {{N_("{0} in CLOSE-WAIT beside {1} in ESTABLISHED"), {count_of(*closed), count_of(open)}},
         Origin::PastedText,
         "ss -tanp state close-wait"}};
    finding.unknown = {
        {N_("which program has them, and whether they were accepted at all: a count has no rows")}};
    say_growth_unknown(finding, situation);
    finding.advice = {
        {N_("Find out which program has them, then look for the missing close() there.")}};
    findings.push_back(std::move(finding));
}

std::vector<Finding> evaluate(const Situation& situation) {
    const Limits::Duration limit = situation.limits.close_wait;
    const auto concerned = [&](const Connection& connection) {
        return connection.owner.kind != OwnerKind::NeverAccepted &&
               connection.receive_queue == 0U && connection.send_queue == 0U &&
               // Without an age, a healthy close in progress would look the same as a leak.
               known_age(situation, connection).surely_at_least(limit) &&
               !answered_of_late(connection, limit);
    };

    std::vector<Finding> findings;
    for (const ConnectionGroup& group :
         group_by_owner(situation, {TcpState::CloseWait}, concerned)) {
        const Connection& first = situation.now.connections[group.members.front()];
        const std::int64_t count = count_of(group.members.size());
        Finding finding;
        finding.severity =
            is_small_client_pool(situation, group.members) ? Severity::Warning : Severity::Problem;
        finding.claim = {
            N_("{0} does not close connections that the peer has closed: {1} in CLOSE-WAIT."),
            {name_of(situation, group), count}};
        finding.since = known_age(situation, first);
        finding.connections = group.members;
        finding.evidence = {
            {{N_("{0} in CLOSE-WAIT for at least {1}, the oldest for {2}"),
              {count, limit, *finding.since.lower}},
             origin_of(first),
             "ss -tanpie state close-wait"},
            {{N_("Recv-Q is 0: the program has read everything, and the end of the stream too")},
             origin_of(first),
             "ss -tanp state close-wait"}};
        add_peers(finding, situation, group.members);
        const bool scarce =
            add_descriptors_if_scarce(finding, situation, situation.now.process_of(first));
        say_if_program_unknown(finding, situation, group.process);
        if (scarce) {
            finding.advice.push_back(
                {N_("Restart it before it runs out of descriptors: each of these holds one.")});
        }
        finding.advice.push_back(
            {N_("Look for the missing close() on the end-of-stream path of "
                "this program, and at what its threads wait for.")});
        finding.advice.push_back(
            {N_("No kernel option ends CLOSE-WAIT. Restarting the program "
                "does; ss -K closes single sockets.")});
        findings.push_back(std::move(finding));
    }
    add_ageless(situation, findings);
    add_bare_count(situation, findings);
    return findings;
}

}  // namespace

const Rule kCloseWaitLeak{
    .id = "close-wait-leak",
    .title = N_("A local program does not close connections that its peer has closed."),
    .evaluate = evaluate,
};

}  // namespace tcpdx::diagnosis
