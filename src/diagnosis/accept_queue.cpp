#include "diagnosis/accept_queue.h"

#include <algorithm>
#include <map>

#include "base/i18n.h"
#include "diagnosis/evidence.h"
#include "diagnosis/grouping.h"

namespace tcpdx::diagnosis {
namespace {

std::vector<std::uint32_t> possible_acceptors(const Situation& situation,
                                              const Connection& connection) {
    std::vector<std::uint32_t> all = situation.lookups().listeners_for(connection.local);
    std::vector<std::uint32_t> busy;
    std::copy_if(all.begin(), all.end(), std::back_inserter(busy), [&](std::uint32_t index) {
        return situation.now.connections[index].accept_queue != 0U;
    });
    return busy.empty() ? all : busy;
}

bool waits_to_be_accepted(const Connection& connection) {
    // A socket without an inode that this host opened is no server's: the kernel made it.
    return connection.owner.kind == OwnerKind::NeverAccepted && connection.opener != Opener::Active;
}

}  // namespace

std::vector<WaitingConnections> never_accepted(const Situation& situation,
                                               std::initializer_list<TcpState> states) {
    const std::vector<Connection>& connections = situation.now.connections;
    // By listener; by port where no listener is known.
    std::map<std::pair<std::uint32_t, std::uint16_t>, WaitingConnections> queues;
    for (const TcpState state : states) {
        for (const std::uint32_t index : situation.lookups().in_state(state)) {
            const Connection& connection = connections[index];
            if (!waits_to_be_accepted(connection)) {
                continue;
            }
            std::vector<std::uint32_t> listeners = possible_acceptors(situation, connection);
            const bool asked =
                is_asked_about(situation, connection) ||
                std::any_of(listeners.begin(), listeners.end(), [&](std::uint32_t listener) {
                    return is_asked_about(situation, connections[listener]);
                });
            if (!asked) {
                continue;
            }
            const auto key = listeners.empty() ? std::pair(UINT32_MAX, connection.local.port)
                                               : std::pair(listeners.front(), std::uint16_t{0});
            WaitingConnections& queue = queues[key];
            queue.listeners = std::move(listeners);
            queue.members.push_back(index);
        }
    }
    std::vector<WaitingConnections> found;
    for (auto& [key, queue] : queues) {
        std::stable_sort(queue.members.begin(), queue.members.end(),
                         [&](std::uint32_t a, std::uint32_t b) {
                             return known_age(situation, connections[a]).lower >
                                    known_age(situation, connections[b]).lower;
                         });
        queue.oldest = known_age(situation, connections[queue.members.front()]);
        found.push_back(std::move(queue));
    }
    return found;
}

bool is_full(const Connection& listener) {
    return listener.accept_queue && listener.backlog_limit &&
           *listener.accept_queue > *listener.backlog_limit;
}

std::vector<std::uint32_t> siblings_of(const Situation& situation, std::uint32_t listener) {
    const std::vector<Connection>& connections = situation.now.connections;
    const auto on_port = situation.lookups().listeners_on(connections[listener].local.port);
    std::vector<std::uint32_t> siblings;
    std::copy_if(
        on_port.begin(), on_port.end(), std::back_inserter(siblings), [&](std::uint32_t other) {
            // The family counts: 0.0.0.0 and :: are two listeners, not a shared one.
            return other != listener && connections[other].local == connections[listener].local;
        });
    return siblings;
}

Value names_of_listeners(const Situation& situation, const WaitingConnections& waiting) {
    const std::vector<Connection>& connections = situation.now.connections;
    constexpr std::size_t kMostNames = 2;
    std::vector<std::string> names;
    for (const std::uint32_t index : waiting.listeners) {
        const Process* process = situation.now.process_of(connections[index]);
        const std::string name = process == nullptr ? "" : name_of(*process);
        if (process != nullptr && std::find(names.begin(), names.end(), name) == names.end()) {
            names.push_back(name);
        }
        if (names.size() > kMostNames) {
            break;
        }
    }
    if (names.empty()) {
        return owner_name(situation, connections[waiting.members.front()]);
    }
    std::string list = names[0];
    for (std::size_t i = 1; i < names.size(); ++i) {
        list += ", " + (i < kMostNames ? names[i] : "...");
    }
    return list;
}

void add_queue_evidence(Finding& finding, const Connection& listener) {
    if (!listener.accept_queue) {
        return;
    }
    const std::string check = ss_command("-ltnpm", listener.local.port);
    if (!listener.backlog_limit) {
        finding.evidence.push_back({{N_("{0} connections wait in the accept queue of {1}"),
                                     {std::int64_t{*listener.accept_queue}, listener.local}},
                                    origin_of(listener),
                                    check});
        return;
    }
    finding.evidence.push_back(
        {{N_("{0} connections wait in the accept queue of {1}; it holds at most {2} (its limit of "
             "{3}, plus one)"),
          {std::int64_t{*listener.accept_queue}, listener.local,
           std::int64_t{*listener.backlog_limit} + 1, std::int64_t{*listener.backlog_limit}}},
         origin_of(listener),
         check});
    if (listener.drops.value_or(0) > 0) {
        finding.evidence.push_back(
            {{N_("this listener has dropped {0} segments since it began to listen"),
              {std::int64_t{*listener.drops}}},
             origin_of(listener),
             check});
    }
}

void advise_on_accepting(Finding& finding, const Situation& situation, const Process* process) {
    if (add_descriptors_if_scarce(finding, situation, process)) {
        finding.advice.push_back(
            {N_("Close what leaks, or raise its limit of open files: without a free descriptor "
                "accept() fails with EMFILE and the connections stay in the queue.")});
        return;
    }
    finding.advice.push_back(
        {N_("Find out why it does not call accept(): look at what its threads wait for, whether it "
            "is stopped, and in its log for \"too many open files\".")});
}

}  // namespace tcpdx::diagnosis
