// CLOSE-WAIT of a connection that no program has ever had: the client connected, perhaps sent its
// request, and gave up while it waited in the listener's accept queue. It is often taken for a
// forgotten close() (netstat shows "-" for its process), but the program has nothing to close: what
// is wrong is that it does not accept.

#include "diagnosis/rules/close_wait_never_accepted.h"

#include <algorithm>

#include "base/i18n.h"
#include "diagnosis/accept_queue.h"
#include "diagnosis/evidence.h"
#include "diagnosis/paste_evidence.h"

namespace tcpdx::diagnosis {
namespace {

std::vector<Finding> evaluate(const Situation& situation) {
    const std::vector<Connection>& connections = situation.now.connections;
    const Limits::Duration limit =
        std::min(situation.limits.never_accepted, situation.limits.close_wait);
    std::vector<Finding> findings;
    for (const WaitingConnections& waiting : never_accepted(situation, {TcpState::CloseWait})) {
        const bool queue_is_full =
            std::any_of(waiting.listeners.begin(), waiting.listeners.end(),
                        [&](std::uint32_t index) { return is_full(connections[index]); });
        // A client may come and go within the moment that accept() takes. It takes an age, or a
        // full queue, to say that nobody accepts.
        const Connection& first = connections[waiting.members.front()];
        const bool lasting = waiting.oldest.surely_at_least(limit) || queue_is_full;
        if (!lasting && !may_have_lasted(situation, first, limit)) {
            continue;
        }
        const std::string check = ss_command("-tanpie state close-wait", first.local.port);
        Finding finding;
        finding.severity = lasting ? Severity::Problem : weigh_waiting(waiting.members.size());
        finding.claim = {N_("Clients of {0} gave up before it accepted them: {1} in CLOSE-WAIT, "
                            "still in the accept queue of port {2}."),
                         {names_of_listeners(situation, waiting), count_of(waiting.members.size()),
                          Port{first.local.port}}};
        finding.since = waiting.oldest;
        finding.connections = waiting.members;
        finding.evidence.push_back(
            {counted(NP_("{0} socket in CLOSE-WAIT has never had a process (inode 0)",
                         "{0} sockets in CLOSE-WAIT have never had a process (inode 0)"),
                     {count_of(waiting.members.size())}),
             origin_of(first), check});
        for (const std::uint32_t listener : waiting.listeners) {
            add_queue_evidence(finding, connections[listener]);
        }
        add_peers(finding, situation, waiting.members);
        if (waiting.listeners.empty()) {
            finding.unknown.push_back({N_("which listener they wait for: none is in the listing")});
        } else {
            say_if_program_unknown(finding, situation,
                                   connections[waiting.listeners[0]].owner.process);
        }
        finding.advice.push_back(
            {N_("Do not look for a missing close(): the program has never "
                "seen these connections. They end once it accepts them.")});
        advise_on_accepting(finding, situation,
                            waiting.listeners.empty()
                                ? nullptr
                                : situation.now.process_of(connections[waiting.listeners[0]]));
        findings.push_back(std::move(finding));
    }
    return findings;
}

}  // namespace

const Rule kCloseWaitNeverAccepted{
    .id = "close-wait-never-accepted",
    .title = N_("Clients gave up while they waited to be accepted; they remain in CLOSE-WAIT."),
    .evaluate = evaluate,
};

}  // namespace tcpdx::diagnosis
