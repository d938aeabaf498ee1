// A reset, a timeout or a refusal ends a connection in the kernel at once; the descriptor stays
// until the program closes it. No socket table shows such a socket (it is in no hash any more, so
// ss, netstat and lsof -i are blind to it): only walking the open files does. A program that never
// looks at its sockets collects them until it runs out of descriptors.
//
// A program that is about to notice looks the same, and a dead socket has no age. So only those
// that two looks saw are a warning.

#include "diagnosis/rules/dead_socket_held.h"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include "base/i18n.h"
#include "diagnosis/evidence.h"
#include "diagnosis/grouping.h"

namespace tcpdx::diagnosis {
namespace {

using Identity = std::tuple<int, int, std::uint16_t, std::uint16_t>;

std::optional<Identity> identity(const Observations& seen, const DeadSocket& dead) {
    if (dead.process >= seen.processes.size()) {
        return std::nullopt;
    }
    return Identity{seen.processes[dead.process].pid, dead.descriptor, dead.local_port,
                    dead.remote_port};
}

struct Held {
    std::int64_t count = 0;
    std::int64_t in_both_looks = 0;
    std::map<DeadSocketCause, std::int64_t> causes;
    std::map<std::uint16_t, std::size_t> remote_ports;
};

bool is_asked_about(const Inquiry& asked, const Process& process, const DeadSocket& dead) {
    // Addresses are gone with the connection, so nothing can be said about one.
    return !asked.address && (!asked.pid || *asked.pid == process.pid) &&
           (!asked.port || *asked.port == dead.local_port || *asked.port == dead.remote_port);
}

// Names the cause where it is the same for all of them.
Message claim_of(const Held& held, const Process& process) {
    const std::vector<Value> values{held.count, name_of(process)};
    switch (held.causes.size() == 1 ? held.causes.begin()->first : DeadSocketCause::Unknown) {
        case DeadSocketCause::Reset:
            return counted(
                NP_("{1} still holds {0} descriptor of a connection that was reset; ss and netstat "
                    "do not show it.",
                    "{1} still holds {0} descriptors of connections that were reset; ss and "
                    "netstat do not show them."),
                values);
        case DeadSocketCause::TimedOut:
            return counted(
                NP_("{1} still holds {0} descriptor of a connection that timed out; ss and netstat "
                    "do not show it.",
                    "{1} still holds {0} descriptors of connections that timed out; ss and "
                    "netstat do not show them."),
                values);
        case DeadSocketCause::Refused:
            return counted(
                NP_("{1} still holds {0} descriptor of a connection that was refused; ss and "
                    "netstat do not show it.",
                    "{1} still holds {0} descriptors of connections that were refused; ss and "
                    "netstat do not show them."),
                values);
        case DeadSocketCause::Unknown:
            break;
    }
    return counted(NP_("{1} still holds {0} descriptor of a connection that has failed; ss and "
                       "netstat do not show it.",
                       "{1} still holds {0} descriptors of connections that have failed; ss and "
                       "netstat do not show them."),
                   values);
}

const char* fact_of(DeadSocketCause cause) {
    switch (cause) {
        case DeadSocketCause::Reset:
            return N_("{0} of them: reset by the peer, and the program has not asked yet");
        case DeadSocketCause::TimedOut:
            return N_("{0} of them: timed out, and the program has not asked yet");
        case DeadSocketCause::Refused:
            return N_("{0} of them: refused, and the program has not asked yet");
        case DeadSocketCause::Unknown:
            break;
    }
    return N_("{0} of them: no cause is kept; the program has been told already");
}

std::vector<Finding> evaluate(const Situation& situation) {
    std::set<Identity> before;
    if (situation.earlier != nullptr) {
        for (const DeadSocket& dead : situation.earlier->dead_sockets) {
            if (const auto known = identity(*situation.earlier, dead)) {
                before.insert(*known);
            }
        }
    }
    std::map<std::uint32_t, Held> by_process;
    for (const DeadSocket& dead : situation.now.dead_sockets) {
        const auto known = identity(situation.now, dead);
        if (!known ||
            !is_asked_about(situation.asked, situation.now.processes[dead.process], dead)) {
            continue;
        }
        Held& held = by_process[dead.process];
        ++held.count;
        held.in_both_looks += before.contains(*known) ? 1 : 0;
        ++held.causes[dead.cause];
        ++held.remote_ports[dead.remote_port];
    }

    std::vector<Finding> findings;
    for (const auto& [index, held] : by_process) {
        const Process& process = situation.now.processes[index];
        const std::string pid = std::to_string(process.pid);
        const std::string check = "lsof -nP -a -p " + pid + " | grep 'protocol: TCP'";
        Finding finding;
        finding.severity = held.in_both_looks > 0 ? Severity::Warning : Severity::Information;
        finding.claim = claim_of(held, process);
        finding.evidence.push_back(
            {{N_("{0} TCP sockets among its open files are in no socket table: state CLOSED"),
              {held.count}},
             Origin::Process,
             check});
        for (const auto& [cause, count] : held.causes) {
            finding.evidence.push_back({{fact_of(cause), {count}}, Origin::Process, ""});
        }
        if (held.in_both_looks > 0) {
            finding.since = Age::at_least(*situation.interval(), AgeMethod::FirstSample);
            finding.evidence.push_back({{N_("{0} of them were there in both looks, {1} apart"),
                                         {held.in_both_looks, *situation.interval()}},
                                        Origin::Process,
                                        check});
        } else {
            finding.unknown.push_back(
                {N_("for how long: the program may be about to close them "
                    "(--sample 10 would show it)")});
        }
        const auto most =
            std::max_element(held.remote_ports.begin(), held.remote_ports.end(),
                             [](const auto& a, const auto& b) { return a.second < b.second; });
        if (most->first != 0) {
            finding.evidence.push_back({{N_("the peer's port was {0} on {1} of them"),
                                         {Port{most->first}, count_of(most->second)}},
                                        Origin::Process,
                                        ""});
        }
        add_descriptors_if_scarce(finding, situation, &process);
        if (finding.severity != Severity::Information) {
            finding.advice.push_back({N_(
                "Look for the error path of this program: after ECONNRESET, EPIPE, ETIMEDOUT or "
                "ECONNREFUSED, or when poll() reports POLLERR or POLLHUP, it has to close the "
                "socket.")});
        }
        findings.push_back(std::move(finding));
    }
    return findings;
}

}  // namespace

const Rule kDeadSocketHeld{
    .id = "dead-socket-held",
    .title =
        N_("A program holds descriptors of connections that were reset, refused or timed out."),
    .evaluate = evaluate,
};

}  // namespace tcpdx::diagnosis
