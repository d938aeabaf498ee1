// Every connection takes a descriptor. At RLIMIT_NOFILE accept() fails with EMFILE: the kernel
// keeps completing handshakes, so clients are connected and get no answer, until the accept queue
// is full and their SYNs are dropped. The connections then look as if the program had hung.
//
// Programs that lock themselves in (sshd's privilege separation) set the limit to 0 or 1 with more
// descriptors open. That is a fence and no shortage, so small limits are not judged.

#include "diagnosis/rules/descriptors_near_limit.h"

#include <algorithm>
#include <string>

#include "base/i18n.h"
#include "diagnosis/grouping.h"

namespace tcpdx::diagnosis {
namespace {

constexpr std::uint64_t kSmallestJudgedLimit = 16;

struct Sockets {
    std::vector<std::uint32_t> held;
    std::int64_t never_accepted = 0;
    bool asked_about = false;
};

std::vector<Finding> evaluate(const Situation& situation) {
    const Observations& seen = situation.now;
    std::vector<std::uint32_t> near;
    for (std::uint32_t index = 0; index < seen.processes.size(); ++index) {
        const Process& process = seen.processes[index];
        if (process.open_descriptors && process.descriptor_limit &&
            *process.descriptor_limit >= kSmallestJudgedLimit &&
            100.0 * static_cast<double>(*process.open_descriptors) >=
                situation.limits.resource_used_percent *
                    static_cast<double>(*process.descriptor_limit)) {
            near.push_back(index);
        }
    }
    if (near.empty()) {
        return {};
    }
    std::vector<Sockets> sockets(seen.processes.size());
    for (std::uint32_t index = 0; index < seen.connections.size(); ++index) {
        const Connection& connection = seen.connections[index];
        if (connection.owner.process >= sockets.size()) {
            continue;
        }
        Sockets& of_process = sockets[connection.owner.process];
        of_process.asked_about |= is_asked_about(situation, connection);
        if (connection.owner.kind == OwnerKind::NeverAccepted) {
            ++of_process.never_accepted;
        } else if (connection.owner.kind == OwnerKind::Process) {
            of_process.held.push_back(index);
        }
    }

    std::vector<Finding> findings;
    for (const std::uint32_t index : near) {
        Sockets& of_process = sockets[index];
        if (!situation.asked.whole_host() && !of_process.asked_about) {
            continue;
        }
        const Process& process = seen.processes[index];
        const auto open = static_cast<std::int64_t>(*process.open_descriptors);
        const auto limit = static_cast<std::int64_t>(*process.descriptor_limit);
        const bool reached = open >= limit;
        Finding finding;
        finding.severity = reached ? Severity::Problem : Severity::Warning;
        finding.claim =
            reached
                ? Message{N_("{0} has no descriptor left ({1} of {2}): accept() and connect() "
                             "fail."),
                          {name_of(process), open, limit}}
                : Message{
                      N_("{0} uses {3} of its descriptors: {1} of {2}."),
                      {name_of(process), open, limit,
                       Percent{100.0 * static_cast<double>(open) / static_cast<double>(limit)}}};
        const std::string directory = "/proc/" + std::to_string(process.pid);
        finding.evidence = {{{N_("{0} open descriptors"), {open}},
                             Origin::Process,
                             "ls " + directory + "/fd | wc -l"},
                            {{N_("limit {0} (RLIMIT_NOFILE, soft)"), {limit}},
                             Origin::Process,
                             "grep 'open files' " + directory + "/limits"},
                            {{N_("{0} of the descriptors are TCP sockets"),
                              {static_cast<std::int64_t>(of_process.held.size())}},
                             Origin::SocketTable,
                             "ss -tanp"}};
        if (of_process.never_accepted > 0) {
            finding.evidence.push_back(
                {{N_("{0} connections to it were never accepted"), {of_process.never_accepted}},
                 Origin::SocketTable,
                 "ss -tanep"});
        }
        finding.connections = std::move(of_process.held);
        finding.advice = {
            {N_("At the limit accept() fails with EMFILE: clients are connected, but never "
                "accepted and never answered.")},
            {N_("Find out what the descriptors are. Sockets in CLOSE-WAIT or without traffic for "
                "hours point to a leak, which a higher limit only delays.")},
            {N_("When the load is real, raise LimitNOFILE= of the systemd unit, or for the running "
                "process: prlimit --nofile=LIMIT --pid PID")}};
        findings.push_back(std::move(finding));
    }
    return findings;
}

}  // namespace

const Rule kDescriptorsNearLimit{
    .id = "descriptors-near-limit",
    .title = N_("A program comes near its limit of open descriptors."),
    .evaluate = evaluate,
};

}  // namespace tcpdx::diagnosis
