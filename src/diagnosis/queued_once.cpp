#include "diagnosis/queued_once.h"

#include <algorithm>

#include "base/i18n.h"
#include "diagnosis/evidence.h"
#include "diagnosis/grouping.h"
#include "diagnosis/paste_evidence.h"

namespace tcpdx::diagnosis {
namespace {

// Of one program. Less than one page is what every interactive connection has under way.
constexpr std::uint32_t kWorthMentioning = 4096;

bool timer_shows_trouble(const Connection& connection) {
    return connection.timer && (connection.timer->kind == TimerKind::ZeroWindow ||
                                (connection.timer->kind == TimerKind::Retransmit &&
                                 connection.timer->retransmits >= 2));
}

bool is_queued(const Connection& connection) {
    return timer_shows_trouble(connection) ||
           (!connection.timer && connection.send_queue.value_or(0) > 0);
}

bool is_worth_mentioning(const Situation& situation, const ConnectionGroup& group) {
    std::uint64_t bytes = 0;
    for (const std::uint32_t index : group.members) {
        const Connection& connection = situation.now.connections[index];
        if (timer_shows_trouble(connection)) {
            return true;
        }
        bytes += connection.send_queue.value_or(0);
    }
    return bytes >= kWorthMentioning;
}

std::int64_t unread_at_other_ends(const Situation& situation,
                                  const std::vector<std::uint32_t>& members) {
    return std::count_if(members.begin(), members.end(), [&](std::uint32_t index) {
        const Connection* other =
            situation.lookups().other_end_of(situation.now.connections[index]);
        return other != nullptr && other->receive_queue.value_or(0) >= kWorthMentioning;
    });
}

// Not less in Send-Q than in the sample before.
std::int64_t still_queued(const Situation& situation, const std::vector<std::uint32_t>& members) {
    return std::count_if(members.begin(), members.end(), [&](std::uint32_t index) {
        const Connection& connection = situation.now.connections[index];
        const Connection* before = situation.earlier_of(connection);
        return before != nullptr && before->send_queue.value_or(0) > 0 &&
               connection.send_queue.value_or(0) >= *before->send_queue;
    });
}

Finding describe(const Situation& situation, const ConnectionGroup& group) {
    const std::vector<Connection>& connections = situation.now.connections;
    const Connection& first = connections[group.members.front()];
    std::uint64_t bytes = 0;
    std::int64_t in_trouble = 0;
    for (const std::uint32_t index : group.members) {
        bytes += connections[index].send_queue.value_or(0);
        in_trouble += timer_shows_trouble(connections[index]) ? 1 : 0;
    }
    const std::int64_t unread = unread_at_other_ends(situation, group.members);
    Finding finding;
    const std::int64_t still = still_queued(situation, group.members);
    finding.severity = unread > 0 || still > 0 ? Severity::Warning : Severity::Information;
    finding.connections = group.members;
    finding.claim =
        counted(NP_("{1} has data queued on {0} connection that its peer has not acknowledged.",
                    "{1} has data queued on {0} connections that its peers have not acknowledged."),
                {count_of(group.members.size()), name_of(situation, group)});
    finding.evidence = {{{N_("{0} are not acknowledged or not sent yet (Send-Q)"), {Bytes{bytes}}},
                         origin_of(first),
                         "ss -tanoip"}};
    if (in_trouble > 0) {
        finding.evidence.push_back(
            {{N_("the timer of {0} of them shows that it was sent again, or that the peer's window "
                 "is closed"),
              {in_trouble}},
             origin_of(first),
             "ss -tanoip"});
    }
    if (unread > 0) {
        finding.evidence.push_back(
            {{N_("the other end of {0} of them is in the listing, with data in Recv-Q that its "
                 "program has not read"),
              {unread}},
             origin_of(first),
             "ss -tanp"});
    }
    add_other_ends(finding, situation, group.members, StateSet::all());
    add_peers(finding, situation, group.members);
    if (still > 0) {
        finding.evidence.push_back({{N_("an earlier sample shows as much or less in Send-Q of {0} "
                                        "of them: it does not get "
                                        "less"),
                                     {still}},
                                    origin_of(first),
                                    ""});
    } else {
        finding.unknown = {
            {N_("whether it moves: data that was only just sent looks the same at one moment")}};
    }
    say_if_program_unknown(finding, situation, group.process);
    finding.advice = {unread > 0
                          ? Message{N_("Look at the program at the other end: it does not read.")}
                          : Message{N_("Look a second time. When the same bytes are still there, "
                                       "the timer tells why: a window probe (persist) means a peer "
                                       "that does not read, a retransmission a peer or a path that "
                                       "is gone.")}};
    return finding;
}

}  // namespace

std::vector<Finding> queued_at_one_moment(const Situation& situation,
                                          bool (*told)(const Situation&, const Connection&)) {
    if (!situation.is_paste()) {
        return {};
    }
    const auto concerned = [&](const Connection& connection) {
        return connection.send_queue.value_or(0) > 0 && is_queued(connection) &&
               !told(situation, connection);
    };
    std::vector<Finding> findings;
    for (const ConnectionGroup& group :
         group_by_owner(situation, {TcpState::Established, TcpState::CloseWait}, concerned)) {
        if (is_worth_mentioning(situation, group)) {
            findings.push_back(describe(situation, group));
        }
    }
    return findings;
}

}  // namespace tcpdx::diagnosis
