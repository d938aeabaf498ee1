// A server that listens on 127.0.0.1 or ::1 only: a client on another host gets RST, the same bytes
// as if nothing listened (measured). For the port that the user asked about this is the answer. For
// a whole host it is usually on purpose (a database behind its application), so it is said only
// when nothing here can be reached from outside at all, or when harmless things are asked for.

#include "diagnosis/rules/listener_loopback_only.h"

#include <algorithm>

#include "base/i18n.h"
#include "diagnosis/evidence.h"
#include "diagnosis/grouping.h"
#include "diagnosis/listeners.h"

namespace tcpdx::diagnosis {
namespace {

bool on_loopback(const Connection& listener) {
    return listener.local.address.is_loopback();
}

bool asks_about_loopback(const Inquiry& asked) {
    return (asked.address && asked.address->address.is_loopback()) ||
           (asked.local_address && asked.local_address->is_loopback());
}

// The same program on the same port may well be reachable through another listener.
std::vector<ListeningPort> unreachable_ports(const Situation& situation) {
    std::vector<ListeningPort> ports = listening_ports(situation, on_loopback);
    std::erase_if(ports, [&](const ListeningPort& port) {
        const auto all = situation.lookups().listeners_on(port.port);
        return !std::all_of(all.begin(), all.end(), [&](std::uint32_t index) {
            return on_loopback(situation.now.connections[index]);
        });
    });
    return ports;
}

std::vector<Finding> of_asked_port(const Situation& situation, const ListeningPort& port) {
    const Connection& listener = situation.now.connections[port.listeners.front()];
    Finding finding;
    // Where rows are missing, so may the listener be that others reach.
    finding.severity = situation.has_every_row() ? Severity::Problem : Severity::Warning;
    if (!situation.has_every_row()) {
        finding.unknown.push_back(
            {N_("whether another listener on this port is among the rows that are missing")});
    }
    finding.connections = port.listeners;
    finding.claim = {N_("{0} listens on loopback only: clients on other hosts are refused."),
                     {listener_name(situation, listener)}};
    for (const std::uint32_t index : port.listeners) {
        const Connection& each = situation.now.connections[index];
        finding.evidence.push_back({{N_("it listens on {0}"), {each.local}},
                                    origin_of(each),
                                    ss_command("-ltnp", port.port)});
    }
    say_if_program_unknown(finding, situation, listener.owner.process);
    finding.advice = {
        {N_("To serve other hosts, set its listen or bind address to the address of an interface, "
            "or to 0.0.0.0 and :: for all of them, and restart it.")},
        {N_("If a proxy or a tunnel on this host is to pass clients on, this is right: look at the "
            "proxy's port instead.")}};
    return {finding};
}

std::vector<Finding> evaluate(const Situation& situation) {
    const std::vector<ListeningPort> ports = unreachable_ports(situation);
    if (ports.empty()) {
        return {};
    }
    if (situation.asked.port) {
        return asks_about_loopback(situation.asked) ? std::vector<Finding>{}
                                                    : of_asked_port(situation, ports.front());
    }
    const auto all = situation.lookups().in_state(TcpState::Listen);
    const bool nothing_else = std::all_of(all.begin(), all.end(), [&](std::uint32_t index) {
        return on_loopback(situation.now.connections[index]);
    });
    if (!situation.asked.explain_harmless && !situation.is_paste() &&
        !(nothing_else && situation.asked.whole_host() && situation.now.coverage.listeners)) {
        return {};
    }
    Finding finding;
    finding.severity = Severity::Information;
    finding.claim = {
        nothing_else && !situation.has_every_row()
            ? N_("The listeners that are shown are all on loopback: other hosts cannot connect to "
                 "them.")
        : nothing_else ? N_("All listeners of this host are on loopback: no other host can "
                            "connect to it.")
                       : N_("Some programs listen on loopback only: they serve this host alone.")};
    finding.evidence = {{{N_("listening on loopback only: {0}"), {list_of(ports)}},
                         origin_of(situation.now.connections[ports.front().listeners.front()]),
                         "ss -ltnp"}};
    for (const ListeningPort& port : ports) {
        finding.connections.insert(finding.connections.end(), port.listeners.begin(),
                                   port.listeners.end());
    }
    return {finding};
}

}  // namespace

const Rule kListenerLoopbackOnly{
    .id = "listener-loopback-only",
    .title = N_("A program listens on loopback only, so other hosts are refused."),
    .evaluate = evaluate,
    .harmless = true,
};

}  // namespace tcpdx::diagnosis
