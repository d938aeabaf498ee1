// FIN-WAIT-2 of which no program is known that still holds it. The program has called close(), and
// the kernel waits for the peer's FIN only so long: tcp_fin_timeout, 60 s, on Linux; a minute or
// two on other systems. People who count states in a listing take them for a leak. It is none here;
// the peer may have one, where the same connections stay in CLOSE-WAIT.
//
// Only for pasted listings: on a live host the age of each is known, and none of them is old.

#include "diagnosis/rules/fin_wait2_released.h"

#include "base/i18n.h"
#include "diagnosis/evidence.h"
#include "diagnosis/grouping.h"
#include "diagnosis/paste_evidence.h"

namespace tcpdx::diagnosis {
namespace {

// A process in the listing is for fin-wait2-held.
bool is_held(const Connection& connection) {
    return connection.owner.kind == OwnerKind::Process || connection.inode.value_or(0) != 0;
}

bool surely_released(const Connection& connection) {
    return connection.kind == SocketKind::TimeWaitSocket ||
           connection.owner.kind == OwnerKind::Kernel;
}

void advise(Finding& finding) {
    finding.advice = {
        {N_("Nothing needs doing here: without a program the kernel ends them by itself, on Linux "
            "after net.ipv4.tcp_fin_timeout (60 s).")},
        {N_("When they are many at all times, look at the peers: there the same connections are in "
            "CLOSE-WAIT, and a program does not close them.")}};
}

std::vector<Finding> evaluate(const Situation& situation) {
    if (!situation.is_paste()) {
        return {};
    }
    const std::vector<Connection>& connections = situation.now.connections;
    Finding finding;
    std::size_t released = 0;
    for (const std::uint32_t index : situation.lookups().in_state(TcpState::FinWait2)) {
        if (!is_held(connections[index]) && is_asked_about(situation, connections[index])) {
            finding.connections.push_back(index);
            released += surely_released(connections[index]) ? 1U : 0U;
        }
    }
    const std::uint64_t counted_only = bare_count(situation, TcpState::FinWait2).value_or(0);
    if (finding.connections.empty() && counted_only < situation.limits.many_closing) {
        return {};
    }
    const std::size_t number =
        finding.connections.empty() ? counted_only : finding.connections.size();
    finding.severity = Severity::Information;
    finding.claim = counted(NP_("{0} connection in FIN-WAIT-2 waits for its peer to close.",
                                "{0} connections in FIN-WAIT-2 wait for their peers to close."),
                            {count_of(number)});
    const std::string check = "ss -tanpieo state fin-wait-2";
    if (released > 0) {
        finding.evidence.push_back(
            {{N_("{0} of them have no program any more: they end by themselves"),
              {count_of(released)}},
             Origin::PastedText,
             check});
    }
    if (released < number) {
        finding.evidence.push_back(
            {{N_("no program is shown for {0} of them"), {count_of(number - released)}},
             Origin::PastedText,
             check});
        finding.unknown.push_back(
            {N_("whether a program still holds them: those that one holds have no time limit")});
    }
    if (!finding.connections.empty()) {
        add_peers(finding, situation, finding.connections);
        add_other_ends(finding, situation, finding.connections,
                       StateSet().add(TcpState::CloseWait));
    }
    advise(finding);
    return {finding};
}

}  // namespace

const Rule kFinWait2Released{
    .id = "fin-wait2-released",
    .title = N_("Connections in FIN-WAIT-2 that no program holds, in a pasted listing."),
    .evaluate = evaluate,
    .harmless = true,
};

}  // namespace tcpdx::diagnosis
