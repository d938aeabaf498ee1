// Data came in and the program does not read it. Recv-Q alone says little: there is always a moment
// between arrival and read(). So the data has to be old (nothing newer came for longer than the
// limit, and some is still there), or two looks have to show that nothing was read between them:
// bytes received less bytes waiting is how far the program has read.

#include "diagnosis/rules/data_unread.h"

#include <algorithm>

#include "base/i18n.h"
#include "diagnosis/evidence.h"
#include "diagnosis/grouping.h"

namespace tcpdx::diagnosis {
namespace {

using std::chrono::milliseconds;

std::optional<std::uint64_t> bytes_read(const Connection& connection) {
    if (!connection.tcp || !connection.receive_queue ||
        connection.tcp->bytes_received < *connection.receive_queue) {
        return std::nullopt;
    }
    return connection.tcp->bytes_received - *connection.receive_queue;
}

// How long the oldest unread byte has surely waited; empty when that is not known.
std::optional<Limits::Duration> waiting_time(const Situation& situation,
                                             const Connection& connection) {
    if (connection.receive_queue.value_or(0) == 0 || !connection.tcp) {
        return std::nullopt;
    }
    const Limits::Duration newest = milliseconds(connection.tcp->last_data_received_ms);
    const Connection* before = situation.earlier_of(connection);
    const bool stood_still = before != nullptr && before->receive_queue.value_or(0) > 0 &&
                             bytes_read(connection) &&
                             bytes_read(connection) == bytes_read(*before);
    return stood_still ? std::max(newest, *situation.interval()) : newest;
}

std::vector<Finding> evaluate(const Situation& situation) {
    const std::vector<Connection>& connections = situation.now.connections;
    const auto concerned = [&](const Connection& connection) {
        return connection.owner.kind != OwnerKind::NeverAccepted &&
               waiting_time(situation, connection) >= situation.limits.unread_data;
    };

    std::vector<Finding> findings;
    for (const ConnectionGroup& group :
         group_by_owner(situation, {TcpState::Established}, concerned)) {
        Limits::Duration longest{0};
        std::uint64_t bytes = 0;
        std::int64_t closed_windows = 0;
        bool from_a_client = false;
        for (const std::uint32_t index : group.members) {
            longest = std::max(longest, *waiting_time(situation, connections[index]));
            bytes += *connections[index].receive_queue;
            from_a_client |= connections[index].opener == Opener::Passive;
        }
        for (const std::uint32_t index : group.members) {
            const Connection* other = situation.lookups().other_end_of(connections[index]);
            closed_windows +=
                other != nullptr && other->timer && other->timer->kind == TimerKind::ZeroWindow ? 1
                                                                                                : 0;
        }
        const Connection& first = connections[group.members.front()];
        const Process* process = situation.now.process_of(first);
        const std::string pid = pid_text(process);
        Finding finding;
        // A client's idle pool can hold a few unread bytes (a TLS alert, a ping) and mean no harm;
        // a request that a server does not read is one that somebody waits for.
        finding.severity = from_a_client ? Severity::Problem : Severity::Warning;
        finding.claim = {N_("{0} does not read what it was sent: {1} established connections, {2} "
                            "unread."),
                         {name_of(situation, group), count_of(group.members.size()), Bytes{bytes}}};
        finding.since = Age::at_least(longest, AgeMethod::LastDataReceived);
        finding.connections = group.members;
        finding.evidence = {
            {{N_("Recv-Q is above 0 on {0} of its connections, and what is in it came at least {1} "
                 "ago"),
              {count_of(group.members.size()), longest}},
             origin_of(first),
             "ss -tanpi state established"}};
        if (closed_windows > 0) {
            finding.evidence.push_back(
                {{N_("the other end of {0} of them is on this host and cannot send any more: its "
                     "window is closed"),
                  {closed_windows}},
                 origin_of(first),
                 "ss -tanpo state established"});
        }
        add_peers(finding, situation, group.members);
        say_if_program_unknown(finding, situation, group.process);
        finding.candidates = {
            {{N_("The program is blocked, in an endless loop, or stopped.")},
             {N_("its state is T or D, or its threads wait for a lock or another service")},
             "cd /proc/" + pid + " && grep State status && cat task/*/stack"},
            {{N_("It holds back on purpose, because what it passes the data on to is slow.")},
             {N_("another connection of the same program has a full Send-Q")},
             "ss -tanp | grep pid=" + pid},
            {{N_("It has lost track of these connections, or keeps them in a pool unread.")},
             {N_("its threads are idle in epoll_wait or poll while Recv-Q stays as it is")},
             "strace -f -p " + pid + " -e trace=epoll_wait,epoll_pwait,poll,read,recvfrom"}};
        finding.advice = {
            {N_("Look at the program, not at the network: the data has arrived and "
                "was acknowledged.")}};
        findings.push_back(std::move(finding));
    }
    return findings;
}

}  // namespace

const Rule kDataUnread{
    .id = "data-unread",
    .title = N_("A program does not read data that has arrived for it."),
    .evaluate = evaluate,
};

}  // namespace tcpdx::diagnosis
