#include "diagnosis/reach/own_host.h"

#include <algorithm>
#include <cerrno>

#include "base/i18n.h"
#include "diagnosis/reach/client_facts.h"
#include "diagnosis/reach/server_facts.h"

namespace tcpdx::diagnosis::reach {
namespace {

using Outcome = ConnectAttempt::Outcome;

enum class Arrival : std::uint8_t { Unknown, No, Yes };

template <class Handler>
void each_attempt_at_port(const TargetProbe& probe, const Handler& handle) {
    handle(probe.attempt);
    if (probe.repeated) {
        for (const auto* attempts :
             {&probe.repeated->attempts, &probe.repeated->slower, &probe.repeated->same_port}) {
            std::for_each(attempts->begin(), attempts->end(), handle);
        }
    }
}

// A listener on :: has IPv4 addresses in their mapped form.
bool is_other_end(const PeerConnection& connection, const ConnectAttempt& attempt) {
    return attempt.source && connection.remote.port == attempt.source->port &&
           connection.remote.address.same_host(attempt.source->address);
}

bool refused_with_reset(const ConnectAttempt& attempt) {
    return attempt.outcome == Outcome::Refused && attempt.icmp.empty() &&
           attempt.error == ECONNREFUSED;
}

// In the capture of this host, where it may have one.
Arrival captured_arrival(const TargetProbe& probe, const PeerPackets& packets) {
    Arrival arrival = packets.lost == 0 ? Arrival::No : Arrival::Unknown;
    each_attempt_at_port(probe, [&](const ConnectAttempt& attempt) {
        const auto is_of_it = [&](const ArrivedSyn& syn) {
            return attempt.source && syn.port == attempt.target.port &&
                   syn.source_port == attempt.source->port;
        };
        if (std::any_of(packets.first_syns.begin(), packets.first_syns.end(), is_of_it)) {
            arrival = Arrival::Yes;
        }
    });
    return arrival;
}

// Without a capture: this end of the connection, or drops or RSTs as many as it takes.
bool shows_in_tables(const TargetProbe& probe, const PortWatch& watch) {
    std::uint64_t syns = 0;
    bool has_connection = false;
    each_attempt_at_port(probe, [&](const ConnectAttempt& attempt) {
        syns += 1 + attempt.retransmissions.value_or(0);
        has_connection =
            has_connection ||
            std::any_of(watch.connections.begin(), watch.connections.end(),
                        [&](const PeerConnection& each) { return is_other_end(each, attempt); });
    });
    return has_connection || std::any_of(watch.listeners.begin(), watch.listeners.end(),
                                         [&](const WatchedListener& each) {
                                             return each.new_drops.value_or(0) >= syns;
                                         });
}

std::uint64_t resets_received(const TargetProbe& probe) {
    std::uint64_t resets = 0;
    const auto add = [&](const ConnectAttempt& attempt) {
        resets += refused_with_reset(attempt) ? 1U : 0U;
    };
    each_attempt_at_port(probe, add);
    if (probe.closed_reference) {
        add(*probe.closed_reference);
    }
    std::for_each(probe.open_references.begin(), probe.open_references.end(), add);
    return resets;
}

void note(Verdict& verdict, Message text) {
    verdict.server_command.clear();  // it would be run on this host
    verdict.narrowing.push_back(std::move(text));
}

}  // namespace

Verdict judge_own_host(const TargetProbe& probe, const PortWatch& watch) {
    Facts facts = client_facts(probe);
    const Parties parties{
        .port = probe.target.port, .server = probe.target.address, .client = watch.peer};
    if (probe.attempt.outcome == Outcome::NotSent) {
        return judge(facts, parties);
    }
    Facts server_side = server_facts(watch, probe.target.address);
    Arrival arrival = Arrival::Unknown;
    if (watch.packets) {
        arrival = captured_arrival(probe, *watch.packets);
    } else if (shows_in_tables(probe, watch)) {
        arrival = Arrival::Yes;
    } else if (refused_with_reset(probe.attempt) &&
               watch.counter_increases.value("TcpOutRsts").value_or(0) >= resets_received(probe)) {
        // All the RSTs that came back were counted here, so this host's TCP sent them.
        arrival = Arrival::Yes;
        server_side.set(Feature::ServerSent, ServerSent::Reset);
        server_side.set(Feature::ResetsSent, Growth::Rises);
    }
    switch (arrival) {
        case Arrival::Yes: {
            server_side.set(Feature::SynArrived, SynArrived::Yes);
            facts.add(server_side);
            Verdict verdict = judge(facts, parties);
            verdict.proven.push_back(
                {N_("{0} is an address of this host, so both ends were looked at."),
                 {parties.server}});
            return verdict;
        }
        case Arrival::No: {
            Verdict verdict = judge(facts, parties);
            note(
                verdict,
                {N_("{0} is an address of this host, and no SYN arrived at port {1} here: a packet "
                    "filter of this host drops it on its way out, or address translation passes "
                    "it on, as the port mapping of a container does. Then look in that "
                    "container."),
                 {parties.server, Port{parties.port}}});
            return verdict;
        }
        case Arrival::Unknown:
            break;
    }
    Verdict verdict = judge(facts, parties);
    if (verdict.outcome != Verdict::Outcome::Connects) {
        note(verdict,
             {N_("{0} is an address of this host. As root, or with CAP_NET_RAW, this probe "
                 "looks at the server's side as well."),
              {parties.server}});
    }
    return verdict;
}

}  // namespace tcpdx::diagnosis::reach
