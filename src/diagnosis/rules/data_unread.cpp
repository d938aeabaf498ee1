// Data came in and the program does not read it. Recv-Q alone says little: there is always a moment
// between arrival and read(). So the data has to be old (nothing newer came for longer than the
// limit, and some is still there), or two looks have to show that nothing was read between them:
// bytes received less bytes waiting is how far the program has read.

#include "diagnosis/rules/data_unread.h"

#include <algorithm>

#include "base/i18n.h"
#include "diagnosis/evidence.h"
#include "diagnosis/grouping.h"
#include "diagnosis/paste_evidence.h"

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
    return stood_still ? std::max(newest, situation.interval().value_or(newest)) : newest;
}

constexpr std::uint32_t kMuch = 16 * 1024;

// In a paste without ages: Recv-Q at one moment. A single small one is what every busy program has.
bool is_worth_mentioning(const Situation& situation, const ConnectionGroup& group) {
    constexpr std::size_t kSeveral = 3;
    constexpr std::uint32_t kMoreThanARequest = 4096;
    return group.members.size() >= kSeveral ||
           std::any_of(group.members.begin(), group.members.end(), [&](std::uint32_t index) {
               return situation.now.connections[index].receive_queue.value_or(0) >=
                      kMoreThanARequest;
           });
}

// Not less in Recv-Q than in the sample before.
std::int64_t still_unread(const Situation& situation, const std::vector<std::uint32_t>& members) {
    return std::count_if(members.begin(), members.end(), [&](std::uint32_t index) {
        const Connection& connection = situation.now.connections[index];
        const Connection* before = situation.earlier_of(connection);
        return before != nullptr && before->receive_queue.value_or(0) > 0 &&
               *connection.receive_queue >= *before->receive_queue;
    });
}

// Several at once with much unread, or most connections of the program, or a sender that waits.
bool looks_stuck(const Situation& situation, const ConnectionGroup& group,
                 std::int64_t blocked_senders) {
    const auto much =
        std::count_if(group.members.begin(), group.members.end(), [&](std::uint32_t index) {
            return situation.now.connections[index].receive_queue.value_or(0) >= kMuch;
        });
    const std::size_t open = beside(situation, group, TcpState::Established);
    return blocked_senders > 0 || much >= 3 || still_unread(situation, group.members) > 0 ||
           (group.members.size() >= situation.limits.many_closing &&
            group.members.size() * 2 > open);
}

std::int64_t count_blocked_senders(const Situation& situation,
                                   const std::vector<std::uint32_t>& members) {
    return std::count_if(members.begin(), members.end(), [&](std::uint32_t index) {
        const Connection* other =
            situation.lookups().other_end_of(situation.now.connections[index]);
        return other != nullptr && other->timer && other->timer->kind == TimerKind::ZeroWindow;
    });
}

void add_ageless(const Situation& situation, std::vector<Finding>& findings) {
    const std::vector<Connection>& connections = situation.now.connections;
    const auto concerned = [&](const Connection& connection) {
        return situation.is_paste() && connection.owner.kind != OwnerKind::NeverAccepted &&
               !connection.tcp && connection.receive_queue.value_or(0) > 0;
    };
    for (const ConnectionGroup& group :
         group_by_owner(situation, {TcpState::Established}, concerned)) {
        if (!is_worth_mentioning(situation, group)) {
            continue;
        }
        const Connection& first = connections[group.members.front()];
        std::uint64_t bytes = 0;
        std::uint32_t most = 0;
        for (const std::uint32_t index : group.members) {
            bytes += *connections[index].receive_queue;
            most = std::max(most, *connections[index].receive_queue);
        }
        const std::int64_t blocked = count_blocked_senders(situation, group.members);
        Finding finding;
        finding.severity =
            looks_stuck(situation, group, blocked) ? Severity::Warning : Severity::Information;
        finding.claim = {N_("{0} has not read what it was sent: {1} established connections, {2} "
                            "unread."),
                         {name_of(situation, group), count_of(group.members.size()), Bytes{bytes}}};
        finding.connections = group.members;
        finding.evidence = {
            {{N_("Recv-Q is above 0 on {0} of its {1} established connections, up "
                 "to {2}"),
              {count_of(group.members.size()),
               count_of(beside(situation, group, TcpState::Established)), Bytes{most}}},
             origin_of(first),
             "ss -tanpi state established"}};
        if (blocked > 0) {
            finding.evidence.push_back(
                {{N_("the other end of {0} of them is on this host and cannot send any more: its "
                     "window is closed"),
                  {blocked}},
                 origin_of(first),
                 "ss -tanpo state established"});
        }
        add_peers(finding, situation, group.members);
        if (const std::int64_t still = still_unread(situation, group.members); still > 0) {
            finding.evidence.push_back({{N_("an earlier sample shows as much or less in Recv-Q of "
                                            "{0} of them: nothing was "
                                            "taken out"),
                                         {still}},
                                        origin_of(first),
                                        ""});
        } else {
            finding.unknown = {
                {N_("whether the program gets on: data that has only just come looks "
                    "the same at one moment")}};
        }
        say_if_program_unknown(finding, situation, group.process);
        finding.advice = {
            {N_("Look a second time. When the same bytes are still there, look at the program, not "
                "at the network: the data has arrived and was acknowledged.")}};
        findings.push_back(std::move(finding));
    }
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
        bool from_a_client = false;
        for (const std::uint32_t index : group.members) {
            longest = std::max(longest, *waiting_time(situation, connections[index]));
            bytes += *connections[index].receive_queue;
            from_a_client |= connections[index].opener == Opener::Passive;
        }
        const std::int64_t closed_windows = count_blocked_senders(situation, group.members);
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
    add_ageless(situation, findings);
    return findings;
}

}  // namespace

const Rule kDataUnread{
    .id = "data-unread",
    .title = N_("A program does not read data that has arrived for it."),
    .evaluate = evaluate,
};

}  // namespace tcpdx::diagnosis
