// ESTABLISHED, but no program has the socket: the kernel completed the handshake and even takes the
// client's data, and the connection waits in the accept queue. The client believes that it is
// served. With a full queue accept-queue-full says the same and more, so this rule is silent then.

#include "diagnosis/rules/established_never_accepted.h"

#include <algorithm>

#include "base/i18n.h"
#include "diagnosis/accept_queue.h"
#include "diagnosis/evidence.h"
#include "diagnosis/grouping.h"
#include "diagnosis/paste_evidence.h"

namespace tcpdx::diagnosis {
namespace {

bool is_told_by_accept_queue_full(const Situation& situation, const WaitingConnections& waiting) {
    return std::any_of(waiting.listeners.begin(), waiting.listeners.end(),
                       [&](std::uint32_t index) {
                           const Connection& listener = situation.now.connections[index];
                           return is_full(listener) && is_asked_about(situation, listener);
                       });
}

Message claim_about(const Situation& situation, const WaitingConnections& waiting) {
    const Connection& first = situation.now.connections[waiting.members.front()];
    const Value name = names_of_listeners(situation, waiting);
    const Value port = Port{first.local.port};
    // The stuck one among siblings can be told by its queue only.
    if (waiting.listeners.size() == 1) {
        const auto siblings = siblings_of(situation, waiting.listeners.front());
        if (!siblings.empty()) {
            return {N_("{0} is one of {1} listeners that share port {2}, and it does not accept: "
                       "about one client in {1} is connected and never served."),
                    {name, count_of(siblings.size() + 1), port}};
        }
    }
    const auto* program = std::get_if<std::string>(&name);
    return {N_("{0} does not accept connections: {1} wait, connected and unserved."),
            {ProgramOnPort{program == nullptr ? std::string() : *program, first.local.port},
             count_of(waiting.members.size())}};
}

std::vector<Finding> evaluate(const Situation& situation) {
    const std::vector<Connection>& connections = situation.now.connections;
    std::vector<Finding> findings;
    for (WaitingConnections& waiting : never_accepted(situation, {TcpState::Established})) {
        const Connection& first = connections[waiting.members.front()];
        const Limits::Duration limit = situation.limits.never_accepted;
        const bool lasting = waiting.oldest.surely_at_least(limit);
        if ((!lasting && !may_have_lasted(situation, first, limit)) ||
            is_told_by_accept_queue_full(situation, waiting)) {
            continue;
        }
        Finding finding;
        finding.severity = lasting ? Severity::Problem : weigh_waiting(waiting.members.size());
        finding.claim = claim_about(situation, waiting);
        finding.since = waiting.oldest;
        finding.connections = waiting.members;
        const std::string check = ss_command("-tanpie state established", first.local.port);
        if (lasting) {
            finding.evidence.push_back(
                {{N_("{0} in ESTABLISHED have no process (inode 0), the oldest for at least {1}"),
                  {count_of(waiting.members.size()), *waiting.oldest.lower}},
                 origin_of(first),
                 check});
        } else {
            finding.evidence.push_back({{N_("{0} in ESTABLISHED have no process (inode 0)"),
                                         {count_of(waiting.members.size())}},
                                        origin_of(first),
                                        check});
            say_growth_unknown(finding, situation);
        }
        for (const std::uint32_t listener : waiting.listeners) {
            add_queue_evidence(finding, connections[listener]);
        }
        add_peers(finding, situation, waiting.members);
        const Process* process = nullptr;
        if (waiting.listeners.empty()) {
            finding.unknown.push_back({N_("which listener they wait for: none is in the listing")});
        } else {
            process = situation.now.process_of(connections[waiting.listeners[0]]);
            say_if_program_unknown(finding, situation,
                                   connections[waiting.listeners[0]].owner.process);
        }
        advise_on_accepting(finding, situation, process);
        finding.advice.push_back(
            {N_("Killing these sockets (ss -K) does not help: the next clients will wait too.")});
        findings.push_back(std::move(finding));
    }
    return findings;
}

}  // namespace

const Rule kEstablishedNeverAccepted{
    .id = "established-never-accepted",
    .title = N_("Clients are connected, but the program does not accept them."),
    .evaluate = evaluate,
};

}  // namespace tcpdx::diagnosis
