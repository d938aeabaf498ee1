#include "diagnosis/paste_evidence.h"

#include <algorithm>

#include "base/i18n.h"
#include "diagnosis/evidence.h"

namespace tcpdx::diagnosis {
namespace {

// Clients whose programs a listing does not show are in one group, and each has a pool of its own.
constexpr std::size_t kProgramsAtOnce = 5;

}  // namespace

bool may_have_lasted(const Situation& situation, const Connection& connection,
                     Limits::Duration limit) {
    if (!situation.is_paste()) {
        return false;
    }
    const Age age = known_age(situation, connection);
    return !age.surely_at_least(limit) && !(age.upper && *age.upper < limit);
}

bool seem_accepted(const Situation& situation, std::span<const std::uint32_t> members) {
    const auto accepted = std::count_if(members.begin(), members.end(), [&](std::uint32_t index) {
        return probable_opener(situation.now.connections[index]) == Opener::Passive;
    });
    return static_cast<std::size_t>(accepted) * 2 > members.size();
}

std::size_t beside(const Situation& situation, const ConnectionGroup& group, TcpState state) {
    return situation.lookups().number_of({.process = group.process, .local_port = group.local_port},
                                         state);
}

std::optional<std::uint64_t> bare_count(const Situation& situation, TcpState state) {
    if (!situation.is_paste() || situation.asked.pid || situation.asked.address ||
        !situation.lookups().in_state(state).empty()) {
        return std::nullopt;
    }
    return situation.now.paste->state_counts[static_cast<std::size_t>(state)];
}

std::size_t seen_before(const Situation& situation, std::span<const std::uint32_t> members) {
    return static_cast<std::size_t>(
        std::count_if(members.begin(), members.end(), [&](std::uint32_t index) {
            const Connection& connection = situation.now.connections[index];
            const Connection* before = situation.earlier_of(connection);
            return before != nullptr && before->state == connection.state;
        }));
}

void add_seen_before(Finding& finding, const Situation& situation,
                     const std::vector<std::uint32_t>& members) {
    if (const std::size_t number = seen_before(situation, members); number > 0) {
        finding.evidence.push_back(
            {{N_("{0} of them were in the same state in an earlier sample"), {count_of(number)}},
             origin_of(situation.now.connections[members.front()]),
             ""});
    }
}

std::size_t grown_by(const Situation& situation, const ConnectionGroup& group, TcpState state) {
    if (situation.earlier == nullptr) {
        return 0;
    }
    const Observations& earlier = *situation.earlier;
    std::size_t before = 0;
    for (const Connection& connection : earlier.connections) {
        if (connection.state != state) {
            continue;
        }
        const Process* process = earlier.process_of(connection);
        before +=
            group.process == kNoProcess
                ? process == nullptr &&
                      owner_key(earlier, connection).local_port == group.local_port
                : process != nullptr && process->pid == situation.now.processes[group.process].pid;
    }
    const std::size_t now = beside(situation, group, state);
    return before == 0 || before >= now ? 0 : now - before;
}

Severity weigh_close_wait(const Situation& situation, const ConnectionGroup& group) {
    // More than a moment before, or the same ones still: what one listing alone never shows.
    constexpr std::size_t kFew = 3;
    if (grown_by(situation, group, TcpState::CloseWait) >= kFew ||
        (seem_accepted(situation, group.members) &&
         seen_before(situation, group.members) >= kFew)) {
        return Severity::Warning;
    }
    const std::size_t closed = beside(situation, group, TcpState::CloseWait);
    const std::size_t open = beside(situation, group, TcpState::Established);
    // Where rows were selected, perhaps by their state, none established means nothing.
    const bool comparable = !situation.now.paste->selected || open > 0;
    std::size_t many = situation.limits.many_pooled;
    if (seem_accepted(situation, group.members)) {
        many = comparable ? kFewOnAServer : many;
    } else if (group.process == kNoProcess) {
        many *= kProgramsAtOnce;
    }
    return closed >= many && closed > open ? Severity::Warning : Severity::Information;
}

bool is_of_linux(const Situation& situation) {
    return !situation.is_paste() || situation.now.paste->system == HostSystem::Linux ||
           situation.now.paste->system == HostSystem::Unknown;
}

void say_growth_unknown(Finding& finding, const Situation& situation) {
    if (situation.earlier == nullptr) {
        finding.unknown.push_back(
            {N_("for how long, and whether it grows: one listing without "
                "ages does not show it")});
    }
}

}  // namespace tcpdx::diagnosis
