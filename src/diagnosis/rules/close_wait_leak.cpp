// The peer has closed and our kernel has acknowledged it, the program has read everything, even the
// end of the stream, but it never calls close(). RFC 9293 sets no timeout on CLOSE-WAIT, so nothing
// but that program can end the connection, and each one holds a descriptor until it does.
//
// Not to be confused with a program that is still sending its answer: a half-closed connection is
// legal, which is why the age decides and data still in the send queue silences the rule. Nor with
// close-wait-unread (Linux counts an unread FIN as one byte, so Recv-Q is then at least 1), nor
// with close-wait-never-accepted, where no program has the socket yet.

#include "diagnosis/rules/close_wait_leak.h"

#include "base/i18n.h"
#include "diagnosis/grouping.h"

namespace tcpdx::diagnosis {
namespace {

std::vector<Finding> evaluate(const Situation& situation) {
    const auto concerned = [&](const Connection& connection) {
        return connection.state == TcpState::CloseWait &&
               connection.owner.kind != OwnerKind::NeverAccepted &&
               connection.receive_queue == 0U && connection.send_queue.value_or(0) == 0 &&
               // Without an age, a healthy close in progress would look the same as a leak.
               connection.age.surely_at_least(situation.limits.close_wait);
    };

    std::vector<Finding> findings;
    for (const ConnectionGroup& group : group_by_owner(situation, concerned)) {
        const auto count = static_cast<std::int64_t>(group.members.size());
        Finding finding;
        finding.severity = Severity::Problem;
        finding.claim = {
            N_("{0} does not close connections that the peer has closed: {1} in CLOSE-WAIT."),
            {name_of(situation, group), count}};
        finding.since = group.oldest;
        finding.connections = group.members;
        finding.evidence = {
            {{N_("{0} sockets in CLOSE-WAIT for at least {1}, the oldest for {2}"),
              {count, situation.limits.close_wait, *group.oldest.lower}},
             Origin::SocketTable,
             "ss -tanpie state close-wait"},
            {{N_("Recv-Q is 0: the program has read everything, and the end of the stream too")},
             Origin::SocketTable,
             "ss -tanp state close-wait"}};
        for (const auto& [address, connections] : frequent_peers(situation.now, group.members, 3)) {
            finding.evidence.push_back(
                {{N_("peer {0}: {1} of them"), {address, static_cast<std::int64_t>(connections)}},
                 Origin::SocketTable,
                 ""});
        }
        if (group.process == kNoProcess) {
            finding.unknown.push_back({N_("which program it is (needs CAP_SYS_PTRACE)")});
        }
        finding.advice = {{N_("Look for the missing close() on the end-of-stream path of this "
                              "program, and at what its threads wait for.")},
                          {N_("No kernel option ends CLOSE-WAIT. Restarting the program does; ss "
                              "-K closes single sockets.")}};
        findings.push_back(std::move(finding));
    }
    return findings;
}

}  // namespace

const Rule kCloseWaitLeak{
    .id = "close-wait-leak",
    .title = N_("A local program does not close connections that its peer has closed."),
    .evaluate = evaluate,
};

}  // namespace tcpdx::diagnosis
