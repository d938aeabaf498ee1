#include "diagnosis/reach/join.h"

#include <algorithm>

#include "diagnosis/reach/client_facts.h"
#include "diagnosis/reach/server_facts.h"

namespace tcpdx::diagnosis::reach {
namespace {

using std::chrono::duration_cast;
using std::chrono::microseconds;

// Clocks that nobody compared; two hosts of one site are rarely worse.
constexpr std::chrono::seconds kLikelyClockError(120);

template <class Handler>
void each_attempt(const TargetProbe& probe, const Handler& handle) {
    handle(probe.attempt);
    if (probe.closed_reference) {
        handle(*probe.closed_reference);
    }
    for (const ConnectAttempt& reference : probe.open_references) {
        handle(reference);
    }
}

const ArrivedSyn* arrival_of(const ConnectAttempt& attempt, const PortWatch& server) {
    if (!server.packets || !attempt.source) {
        return nullptr;
    }
    const auto& syns = server.packets->first_syns;
    const auto found = std::find_if(syns.begin(), syns.end(), [&](const ArrivedSyn& each) {
        return each.port == attempt.target.port && each.source_port == attempt.source->port;
    });
    return found == syns.end() ? nullptr : &*found;
}

// Narrowed by every SYN that both saw. A SYN that was lost and sent again arrives late, so the
// lower bound of the narrowest wins.
std::optional<ClockOffset> compare_clocks(const TargetProbe& probe, const PortWatch& server) {
    std::optional<microseconds> round_trip;
    each_attempt(probe, [&](const ConnectAttempt& attempt) {
        const bool answered = attempt.outcome == ConnectAttempt::Outcome::Connected ||
                              attempt.outcome == ConnectAttempt::Outcome::Refused;
        if (answered && attempt.icmp.empty()) {
            round_trip = std::min(round_trip.value_or(attempt.took), attempt.took);
        }
    });
    std::optional<microseconds> least;
    each_attempt(probe, [&](const ConnectAttempt& attempt) {
        if (const ArrivedSyn* syn = arrival_of(attempt, server)) {
            const auto apart = duration_cast<microseconds>(syn->time - attempt.started);
            least = std::min(least.value_or(apart), apart);
        }
    });
    if (!least) {
        return std::nullopt;
    }
    // Without an answer the time on the way is anybody's guess; a second is a lot.
    return ClockOffset{*least - round_trip.value_or(std::chrono::seconds(1)), *least};
}

bool overlap(const ConnectAttempt& attempt, const PortWatch& server, microseconds slack) {
    return attempt.started + attempt.took + slack >= server.started &&
           attempt.started - slack <= server.ended;
}

const TargetProbe* target_at(const ProbeReport& client, const PortWatch& server) {
    const auto is_there = [&](const TargetProbe& each) {
        return std::any_of(
            server.addresses.begin(), server.addresses.end(),
            [&](const IpAddress& own) { return own.same_host(each.target.address); });
    };
    const auto found = std::find_if(client.targets.begin(), client.targets.end(), is_there);
    if (found != client.targets.end()) {
        return &*found;
    }
    // Behind address translation the server has another address; the same SYN proves it is the one.
    const auto seen = std::find_if(
        client.targets.begin(), client.targets.end(),
        [&](const TargetProbe& each) { return arrival_of(each.attempt, server) != nullptr; });
    return seen == client.targets.end() ? nullptr : &*seen;
}

}  // namespace

Result<Joined, WhyNotJoined> join(const ProbeReport& client, const PortWatch& server) {
    if (client.targets.empty()) {
        return unexpected(WhyNotJoined::NoAttempt);
    }
    if (client.port != server.port) {
        return unexpected(WhyNotJoined::OtherPort);
    }
    const TargetProbe* probe = target_at(client, server);
    if (probe == nullptr) {
        return unexpected(WhyNotJoined::OtherServer);
    }
    const ConnectAttempt& attempt = probe->attempt;
    const ArrivedSyn* arrival = arrival_of(attempt, server);
    const bool same_address = attempt.source && attempt.source->address.same_host(server.peer);
    if (attempt.source && !same_address && arrival == nullptr) {
        return unexpected(WhyNotJoined::OtherClient);
    }
    Joined joined;
    joined.clock_offset = compare_clocks(*probe, server);
    // A SYN that both saw needs no clock.
    if (!joined.clock_offset && !overlap(attempt, server, kLikelyClockError)) {
        return unexpected(WhyNotJoined::OtherTime);
    }

    Facts client_side = client_facts(*probe);
    Facts server_side =
        server_facts(server, same_address ? std::optional(probe->target.address) : std::nullopt);
    if (server.packets && server.packets->lost == 0 && same_address && arrival == nullptr &&
        attempt.source->port != 0) {
        // SYNs of other attempts of the same client do not count.
        server_side.set(Feature::SynArrived, SynArrived::No);
    }
    joined.client_evidence = client_side.evidence();
    joined.server_evidence = server_side.evidence();
    client_side.add(server_side);
    joined.verdict = judge(
        client_side, {.port = client.port, .server = probe->target.address, .client = server.peer});
    return joined;
}

}  // namespace tcpdx::diagnosis::reach
