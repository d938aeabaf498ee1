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

Severity weigh_close_wait(const Situation& situation, const ConnectionGroup& group) {
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

bool counts_the_fin(const Situation& situation) {
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
