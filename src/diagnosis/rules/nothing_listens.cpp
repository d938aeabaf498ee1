// Only an answer to a question: nobody listens on the port that the user asked about. The kernel
// then answers a SYN with RST at once ("connection refused"); a client that times out instead never
// got through to here, or the RST did not get back. It is not what SYN-SENT lingers for.
//
// Two things make the plain claim wrong, so they are named. A NAT rule (a container's published
// port, a load balancer) serves a port without any listener here. And the user may mean a port of
// another host, which this one only connects to.

#include "diagnosis/rules/nothing_listens.h"

#include <algorithm>

#include "base/i18n.h"
#include "diagnosis/evidence.h"
#include "diagnosis/grouping.h"

namespace tcpdx::diagnosis {
namespace {

struct Uses {
    std::vector<std::uint32_t> left_over;  // accepted here, by a listener that is gone
    std::vector<std::uint32_t> as_client;  // to this port on other hosts
    bool to_ourselves = false;             // a local client tries this port on this very host
};

bool leads_to_this_host(const Connection& connection) {
    return connection.remote.address.is_loopback() ||
           connection.remote.address.same_host(connection.local.address);
}

Uses uses_of(const Situation& situation, std::uint16_t port) {
    Uses uses;
    const std::vector<Connection>& connections = situation.now.connections;
    for (std::uint32_t index = 0; index < connections.size(); ++index) {
        const Connection& connection = connections[index];
        if (connection.local.port == port && connection.opener != Opener::Active &&
            connection.state != TcpState::TimeWait && connection.state != TcpState::Closed) {
            uses.left_over.push_back(index);
        } else if (connection.remote.port == port && connection.opener != Opener::Passive) {
            if (leads_to_this_host(connection)) {
                uses.to_ourselves = true;
            } else {
                uses.as_client.push_back(index);
            }
        }
    }
    return uses;
}

void add_sent_resets(Finding& finding, const Situation& situation) {
    if (const auto resets = situation.increase("TcpOutRsts"); resets.value_or(0) > 0) {
        finding.evidence.push_back({{N_("this host sent {0} RSTs in {1}, for whatever port"),
                                     {count_of(*resets), *situation.interval()}},
                                    Origin::Counter,
                                    "nstat -az TcpOutRsts"});
    }
}

// Asked about one address of this host, and the port is listened to on others only. Those on
// loopback have a rule of their own.
std::vector<Finding> on_another_address(const Situation& situation, std::uint16_t port) {
    if (!situation.asked.local_address) {
        return {};
    }
    const SocketAddress wanted{*situation.asked.local_address, port};
    if (!situation.lookups().listeners_for(wanted).empty()) {
        return {};
    }
    Finding finding;
    const auto listeners = situation.lookups().listeners_on(port);
    if (std::all_of(listeners.begin(), listeners.end(), [&](std::uint32_t index) {
            return situation.now.connections[index].local.address.is_loopback();
        })) {
        return {};
    }
    finding.severity = Severity::Problem;
    finding.claim = {
        N_("Nothing listens on {0}: port {1} is listened to on other addresses of this "
           "host only, and clients of this one are refused."),
        {wanted, Port{port}}};
    for (const std::uint32_t index : listeners) {
        const Connection& listener = situation.now.connections[index];
        finding.connections.push_back(index);
        finding.evidence.push_back(
            {{N_("{0} listens on {1}"), {owner_name(situation, listener), listener.local}},
             origin_of(listener),
             ss_command("-ltnp", port)});
    }
    finding.advice = {
        {N_("Set the listen or bind address of the program to that address, or to all, "
            "or have clients use one that it listens on.")}};
    return {finding};
}

std::vector<Finding> evaluate(const Situation& situation) {
    if (!situation.asked.port || !situation.now.coverage.listeners || !situation.has_every_row()) {
        return {};
    }
    const std::uint16_t port = *situation.asked.port;
    if (!situation.lookups().listeners_on(port).empty()) {
        return on_another_address(situation, port);
    }
    const auto listeners = situation.lookups().in_state(TcpState::Listen);
    const Uses uses = uses_of(situation, port);
    const bool means_another_host =
        !uses.as_client.empty() && uses.left_over.empty() && !uses.to_ourselves;

    Finding finding;
    finding.evidence.push_back(
        {{N_("{0} listening sockets in the listing, none of them on port {1}"),
          {count_of(listeners.size()), Port{port}}},
         listeners.empty() ? Origin::SocketTable
                           : origin_of(situation.now.connections[listeners.front()]),
         ss_command("-ltnp", port)});
    if (means_another_host) {
        const bool in_use =
            std::any_of(uses.as_client.begin(), uses.as_client.end(), [&](std::uint32_t index) {
                return situation.now.connections[index].state == TcpState::Established;
            });
        // With connections that work, the question was most likely about those.
        finding.severity = in_use ? Severity::Information : Severity::Warning;
        finding.claim = {N_("Nothing listens on port {0} here; this host connects to that port of "
                            "other hosts."),
                         {Port{port}}};
        finding.connections = uses.as_client;
        finding.evidence.push_back({{N_("{0} connections to port {1} of other hosts"),
                                     {count_of(uses.as_client.size()), Port{port}}},
                                    origin_of(situation.now.connections[uses.as_client.front()]),
                                    "ss -tanp 'dport = :" + std::to_string(port) + "'"});
        return {finding};
    }

    finding.severity = Severity::Problem;
    finding.claim = {N_("Nothing listens on port {0} of this host: clients are refused."),
                     {Port{port}}};
    if (!uses.left_over.empty()) {
        finding.connections = uses.left_over;
        finding.evidence.push_back(
            {{N_("{0} connections to this port remain: the listener was there and is gone"),
              {count_of(uses.left_over.size())}},
             origin_of(situation.now.connections[uses.left_over.front()]),
             ss_command("-tanp", port)});
    }
    add_sent_resets(finding, situation);
    finding.unknown = {
        {N_("whether a NAT rule serves this port elsewhere, as for published ports of containers: "
            "it needs no listener here (nft list ruleset; --all-netns)")},
        {N_("whether a packet filter keeps the RST from the client, who then sees a timeout "
            "instead")}};
    finding.advice = {
        {N_("Start the server, or look in its configuration for the port it really uses "
            "(ss -ltnp), and in its log for a failed bind().")}};
    return {finding};
}

}  // namespace

const Rule kNothingListens{
    .id = "nothing-listens",
    .title = N_("Nothing listens on the port that was asked about."),
    .evaluate = evaluate,
};

}  // namespace tcpdx::diagnosis
