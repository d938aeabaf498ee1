// The peer has closed, and the program has not read that: Linux counts an unread FIN as one byte,
// so Recv-Q 1 is the FIN alone and more is data before it as well. The program has not missed a
// close(), it has not got that far: nothing has made it look at the socket since.
//
// A client's pool of idle connections does the same all the time. The server closes after its idle
// limit, and the client finds out when it next takes that connection from the pool. So a few of
// them, opened by this host and with nothing but the FIN unread, are information.

#include "diagnosis/rules/close_wait_unread.h"

#include <algorithm>

#include "base/i18n.h"
#include "diagnosis/evidence.h"
#include "diagnosis/grouping.h"
#include "diagnosis/paste_evidence.h"

namespace tcpdx::diagnosis {
namespace {

void add_queues(Finding& finding, const Situation& situation,
                const std::vector<std::uint32_t>& members, std::int64_t only_fin,
                std::int64_t with_data) {
    const std::vector<Connection>& connections = situation.now.connections;
    const Origin origin = origin_of(connections[members.front()]);
    const bool fin_counts = is_of_linux(situation);
    if (only_fin > 0 && fin_counts) {
        finding.evidence.push_back(
            {{N_("Recv-Q is 1 on {0} of them: that is the peer's FIN, unread"), {only_fin}},
             origin,
             "ss -tan state close-wait"});
    }
    if (with_data > 0 || !fin_counts) {
        std::uint32_t most = 0;
        for (const std::uint32_t index : members) {
            most = std::max(most, *connections[index].receive_queue);
        }
        finding.evidence.push_back({{N_("data unread on {0} of them, up to {1}"),
                                     {fin_counts ? with_data : count_of(members.size()),
                                      Bytes{fin_counts ? most - 1U : most}}},
                                    origin,
                                    "ss -tan state close-wait"});
    }
}

// In a paste, where the rows have no age: what the queues alone prove.
void add_ageless(const Situation& situation, std::vector<Finding>& findings) {
    const std::vector<Connection>& connections = situation.now.connections;
    const auto concerned = [&](const Connection& connection) {
        return connection.owner.kind != OwnerKind::NeverAccepted &&
               connection.receive_queue.value_or(0) > 0 &&
               may_have_lasted(situation, connection, situation.limits.close_wait);
    };
    for (const ConnectionGroup& group :
         group_by_owner(situation, {TcpState::CloseWait}, concerned)) {
        const Connection& first = connections[group.members.front()];
        const Value name = name_of(situation, group);
        const auto only_fin = std::count_if(
            group.members.begin(), group.members.end(),
            [&](std::uint32_t index) { return connections[index].receive_queue == 1U; });
        const auto with_data = static_cast<std::ptrdiff_t>(group.members.size()) - only_fin;
        Finding finding;
        finding.severity = weigh_close_wait(situation, group);
        finding.ordinary = !seem_accepted(situation, group.members);
        finding.claim = counted(
            NP_("{1} has not read that the peer closed: {0} connection in CLOSE-WAIT with Recv-Q "
                "above 0.",
                "{1} has not read that its peers closed: {0} connections in CLOSE-WAIT with Recv-Q "
                "above 0."),
            {count_of(group.members.size()), name});
        finding.connections = group.members;
        finding.evidence = {{{N_("{0} in CLOSE-WAIT beside {1} in ESTABLISHED"),
                              {count_of(beside(situation, group, TcpState::CloseWait)),
                               count_of(beside(situation, group, TcpState::Established))}},
                             origin_of(first),
                             "ss -tanpie state close-wait"}};
        add_queues(finding, situation, group.members, only_fin, with_data);
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
        // In a listing that does not show every owner these two look the same.
        if (group.process == kNoProcess && seem_accepted(situation, group.members)) {
            finding.unknown.push_back(
                {N_("whether the program has accepted them: if not, they wait in the accept queue, "
                    "and close() is not what is missing")});
        }
        if (finding.severity == Severity::Information) {
            finding.advice.push_back(
                {N_("A pool of idle client connections looks like this until it uses them again, "
                    "and so does a server for a moment. It is a leak when the same ones are there "
                    "minutes later, or their number grows.")});
        } else {
            finding.advice.push_back(
                {N_("Look at what the threads of this program wait for: the end of the connection "
                    "is in the socket, and nobody reads it.")});
        }
        findings.push_back(std::move(finding));
    }
}

std::vector<Finding> evaluate(const Situation& situation) {
    const std::vector<Connection>& connections = situation.now.connections;
    const auto concerned = [&](const Connection& connection) {
        return connection.owner.kind != OwnerKind::NeverAccepted &&
               connection.receive_queue.value_or(0) > 0 &&
               known_age(situation, connection).surely_at_least(situation.limits.close_wait);
    };

    std::vector<Finding> findings;
    for (const ConnectionGroup& group :
         group_by_owner(situation, {TcpState::CloseWait}, concerned)) {
        const Connection& first = connections[group.members.front()];
        const auto only_fin = std::count_if(
            group.members.begin(), group.members.end(),
            [&](std::uint32_t index) { return connections[index].receive_queue == 1U; });
        const auto with_data = static_cast<std::ptrdiff_t>(group.members.size()) - only_fin;
        const bool pool = with_data == 0 && is_small_client_pool(situation, group.members);
        const Value name = name_of(situation, group);
        const std::int64_t count = count_of(group.members.size());
        const std::string pid = pid_text(situation.now.process_of(first));

        Finding finding;
        finding.severity = pool ? Severity::Information : Severity::Problem;
        finding.since = known_age(situation, first);
        finding.connections = group.members;
        if (with_data > 0) {
            finding.claim = {N_("{0} does not read from connections that the peer has closed: {1} "
                                "in CLOSE-WAIT, {2} of them with data unread."),
                             {name, count, std::int64_t{with_data}}};
        } else {
            finding.claim = {N_("{0} has not noticed that the peer closed: {1} in CLOSE-WAIT with "
                                "only the FIN unread."),
                             {name, count}};
        }
        finding.evidence.push_back(
            {{N_("{0} in CLOSE-WAIT, the oldest for at least {1}"), {count, *finding.since.lower}},
             origin_of(first),
             "ss -tanpie state close-wait"});
        add_queues(finding, situation, group.members, only_fin, with_data);
        add_peers(finding, situation, group.members);
        const bool scarce =
            add_descriptors_if_scarce(finding, situation, situation.now.process_of(first));
        say_if_program_unknown(finding, situation, group.process);
        if (pool) {
            finding.advice.push_back(
                {N_("A pool of idle client connections looks like this until it uses them again. "
                    "If requests fail on reuse, make its idle time shorter than the server's.")});
        } else {
            finding.candidates = {
                {{N_("The threads that should read are blocked or busy, or the program is "
                     "stopped.")},
                 {N_("its threads wait for a lock, a database or a full queue, or its state is T")},
                 "cd /proc/" + pid + " && grep State status && cat task/*/stack"},
                {{N_("The program does not watch these sockets any more: an event loop lost them, "
                     "or a pool keeps them unused.")},
                 {N_("its threads are idle in epoll_wait or poll, and Recv-Q stays")},
                 "strace -f -p " + pid + " -e trace=epoll_wait,epoll_pwait,poll,read,recvfrom"}};
            finding.advice.push_back(
                {N_("Look at what the threads of this program wait for: the end of the connection "
                    "is in the socket, and nobody reads it.")});
        }
        if (scarce) {
            finding.advice.push_back(
                {N_("Restart it before it runs out of descriptors: each of these holds one.")});
        }
        finding.advice.push_back(
            {N_("No kernel option ends CLOSE-WAIT; keepalive settings do "
                "nothing for a socket without SO_KEEPALIVE.")});
        findings.push_back(std::move(finding));
    }
    add_ageless(situation, findings);
    return findings;
}

}  // namespace

const Rule kCloseWaitUnread{
    .id = "close-wait-unread",
    .title = N_("A local program has not read that its peer closed, or the data before it."),
    .evaluate = evaluate,
};

}  // namespace tcpdx::diagnosis
