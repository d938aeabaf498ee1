// FIN-WAIT-2 with a process: the program has sent its FIN with shutdown(SHUT_WR), still holds the
// socket, and waits for the peer to close. There is no timer: tcp_fin_timeout is for sockets that
// no process has any more (orphans), and this one lasts until the peer or the program ends it.
//
// It is a legal half-close as long as the peer still sends, so data that came of late silences the
// rule. When the other end is in the same listing, its owner is named: it sits in CLOSE-WAIT.

#include "diagnosis/rules/fin_wait2_held.h"

#include "base/i18n.h"
#include "diagnosis/evidence.h"
#include "diagnosis/grouping.h"
#include "diagnosis/paste_evidence.h"

namespace tcpdx::diagnosis {
namespace {

bool is_held(const Connection& connection) {
    return connection.kind == SocketKind::Full && !connection.is_orphan() &&
           (connection.owner.kind == OwnerKind::Process || connection.inode.value_or(0) != 0);
}

bool heard_of_late(const Connection& connection, Limits::Duration limit) {
    return connection.tcp && connection.tcp->bytes_received > 0 &&
           std::chrono::milliseconds(connection.tcp->last_data_received_ms) < limit;
}

std::vector<Finding> evaluate(const Situation& situation) {
    const Limits::Duration limit = situation.limits.fin_wait2_held;
    const auto concerned = [&](const Connection& connection) {
        return is_held(connection) &&
               (known_age(situation, connection).surely_at_least(limit) ||
                may_have_lasted(situation, connection, limit)) &&
               !heard_of_late(connection, limit);
    };

    std::vector<Finding> findings;
    for (const ConnectionGroup& group :
         group_by_owner(situation, {TcpState::FinWait2}, concerned)) {
        const Connection& first = situation.now.connections[group.members.front()];
        const std::int64_t count = count_of(group.members.size());
        const auto culprits =
            holders_of_other_ends(situation, group.members, StateSet().add(TcpState::CloseWait));
        std::size_t explained = 0;
        Finding finding;
        // The members are sorted by age, so only in a paste the first can have none.
        finding.since = known_age(situation, first);
        const bool lasting = finding.since.surely_at_least(limit);
        finding.severity = lasting || group.members.size() >= situation.limits.many_closing
                               ? Severity::Warning
                               : Severity::Information;
        finding.claim = {
            N_("{0} waits for peers that do not close: {1} in FIN-WAIT-2, and no timer "
               "ends them while it holds the sockets."),
            {name_of(situation, group), count}};
        finding.connections = group.members;
        const Message fact =
            lasting ? Message{N_("{0} in FIN-WAIT-2 with a process, the oldest for at least {1}"),
                              {count, *finding.since.lower}}
                    : Message{N_("{0} in FIN-WAIT-2 with a process"), {count}};
        finding.evidence = {{fact, origin_of(first), "ss -tanpieo state fin-wait-2"}};
        if (!lasting) {
            say_growth_unknown(finding, situation);
        }
        for (const auto& [culprit, connections] : culprits) {
            explained += connections;
            finding.evidence.push_back(
                {{N_("the other end of {0} of them is on this host, in CLOSE-WAIT, held by {1}"),
                  {count_of(connections), culprit}},
                 origin_of(first),
                 "ss -tanp state close-wait"});
        }
        add_peers(finding, situation, group.members);
        say_if_program_unknown(finding, situation, group.process);
        if (explained == group.members.size()) {
            finding.advice.push_back(
                {N_("Look at {0}: it does not close what its peer has closed."),
                 {culprits.front().first}});
        } else {
            finding.candidates = {
                {{N_("The peer's program does not close: it leaks connections.")},
                 {N_("on the peer the connection stays in CLOSE-WAIT, with Send-Q 0")},
                 "ss -tanpie state close-wait"},
                {{N_("The half-close is meant: this program has sent everything, and the peer is "
                     "still working on its answer.")},
                 {N_("the peer sends data later, and then closes")},
                 "ss -tanpi state fin-wait-2"},
                {{N_("The peer is gone, or something on the way forgot the connection, and its FIN "
                     "never comes.")},
                 {N_("on the peer there is no such connection")},
                 "ss -tan"}};
        }
        finding.advice.push_back(
            {N_("In this program, give the wait for the peer's end a time limit and then call "
                "close(): from then on the kernel ends the socket after tcp_fin_timeout.")});
        findings.push_back(std::move(finding));
    }
    return findings;
}

}  // namespace

const Rule kFinWait2Held{
    .id = "fin-wait2-held",
    .title = N_("A program waits in FIN-WAIT-2, without any timer, for a peer to close."),
    .evaluate = evaluate,
};

}  // namespace tcpdx::diagnosis
