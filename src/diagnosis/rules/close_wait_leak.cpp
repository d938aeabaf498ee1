// The peer has closed and our kernel has acknowledged it, the program has read everything, even the
// end of the stream, but it never calls close(). RFC 9293 sets no timeout on CLOSE-WAIT, so nothing
// but that program can end the connection, and each one holds a descriptor until it does.
//
// Not to be confused with a program that is still sending its answer: a half-closed connection is
// legal, which is why the age decides, and data in the send queue or sent of late silences the
// rule. Nor with close-wait-unread (Linux counts an unread FIN as one byte, so Recv-Q is then at
// least 1), nor with close-wait-never-accepted, where no program has the socket yet.

#include "diagnosis/rules/close_wait_leak.h"

#include "base/i18n.h"
#include "diagnosis/evidence.h"
#include "diagnosis/grouping.h"

namespace tcpdx::diagnosis {
namespace {

bool answered_of_late(const Connection& connection, Limits::Duration limit) {
    return connection.tcp && connection.tcp->data_segments_out > 0 &&
           std::chrono::milliseconds(connection.tcp->last_data_sent_ms) < limit;
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
        say_if_program_unknown(finding, group.process);
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
    return findings;
}

}  // namespace

const Rule kCloseWaitLeak{
    .id = "close-wait-leak",
    .title = N_("A local program does not close connections that its peer has closed."),
    .evaluate = evaluate,
};

}  // namespace tcpdx::diagnosis
