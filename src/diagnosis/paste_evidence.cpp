#include "diagnosis/paste_evidence.h"

#include <algorithm>

#include "base/i18n.h"
#include "diagnosis/evidence.h"

namespace tcpdx::diagnosis {
namespace {

// Linux and Solaris take source ports from 32768 up, the others from 49152.
constexpr std::uint16_t kLowestDynamicPort = 32768;

bool same_owner(const Connection& connection, const ConnectionGroup& group) {
    return group.process == kNoProcess
               ? connection.owner.process == kNoProcess && connection.local.port == group.local_port
               : connection.owner.process == group.process;
}

}  // namespace

bool may_have_lasted(const Situation& situation, const Connection& connection,
                     Limits::Duration limit) {
    if (!situation.is_paste()) {
        return false;
    }
    const Age age = known_age(situation, connection);
    return !age.surely_at_least(limit) && !(age.upper && *age.upper < limit);
}

Opener probable_opener(const Connection& connection) {
    const std::uint16_t local = connection.local.port;
    const std::uint16_t remote = connection.remote.port;
    if (connection.opener != Opener::Unknown || local == 0 || remote == 0 || local == remote) {
        return connection.opener;
    }
    if (std::min(local, remote) >= kLowestDynamicPort) {
        return Opener::Unknown;
    }
    return remote < local ? Opener::Active : Opener::Passive;
}

bool seem_accepted(const Situation& situation, std::span<const std::uint32_t> members) {
    const auto accepted = std::count_if(members.begin(), members.end(), [&](std::uint32_t index) {
        return probable_opener(situation.now.connections[index]) == Opener::Passive;
    });
    return static_cast<std::size_t>(accepted) * 2 > members.size();
}

std::size_t beside(const Situation& situation, const ConnectionGroup& group, TcpState state) {
    const auto in_state = situation.lookups().in_state(state);
    return static_cast<std::size_t>(std::count_if(
        in_state.begin(), in_state.end(),
        [&](std::uint32_t index) { return same_owner(situation.now.connections[index], group); }));
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
    const std::size_t many = seem_accepted(situation, group.members) && comparable
                                 ? kFewOnAServer
                                 : situation.limits.many_pooled;
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
