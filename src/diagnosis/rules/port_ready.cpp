// The answer to "8080 times out, is the server alive?" when it is: something listens where clients
// can reach it and takes connections. Then the SYNs do not get here, or their answers do not get
// back, and this host's TCP cannot tell which: a packet filter drops below TCP and moves none of
// its counters (facts: rows b, c, d1, j2). So it lists what remains and how to decide, and never
// says "the firewall".

#include "diagnosis/rules/port_ready.h"

#include "base/i18n.h"
#include "diagnosis/counter_evidence.h"
#include "diagnosis/evidence.h"
#include "diagnosis/grouping.h"
#include "diagnosis/port_view.h"

namespace tcpdx::diagnosis {
namespace {

constexpr const char* kAccepted = "TcpPassiveOpens";  // of all ports together

bool takes_connections(const Connection& listener) {
    return listener.accept_queue && listener.backlog_limit &&
           *listener.accept_queue <= *listener.backlog_limit &&
           !listener.local.address.is_loopback();
}

std::string capture_command(std::uint16_t port) {
    return "tcpdump -ni any 'tcp port " + std::to_string(port) + " and tcp[13] & 2 != 0'";
}

std::vector<Candidate> why_clients_may_fail(std::uint16_t port) {
    return {
        {{N_("Nobody tried while this look lasted.")},
         {N_("repeat it with --sample 10 while a client tries")},
         "tcpdx diagnose :" + std::to_string(port) + " --sample 10"},
        {{N_("The client's SYN does not reach this host: a filter or a route on the way.")},
         {N_("a capture here shows no SYN while the client tries")},
         capture_command(port)},
        {{N_("A packet filter of this host drops the SYN before TCP sees it.")},
         {N_("the capture shows the SYN, and no answer to it")},
         "nft list ruleset"},
        {{N_("The answer does not reach the client: a filter or a route on the way back.")},
         {N_("the capture shows SYN and SYN+ACK, and the connection stays in SYN-RECEIVED here")},
         capture_command(port)},
    };
}

std::vector<Finding> evaluate(const Situation& situation) {
    if (!situation.asked.port) {
        return {};
    }
    const PortView view = view_port(situation, *situation.asked.port);
    std::vector<std::uint32_t> ready;
    for (const std::uint32_t index : view.listeners) {
        if (takes_connections(situation.now.connections[index])) {
            ready.push_back(index);
        }
    }
    if (ready.empty() || ready.size() != view.listeners.size()) {
        return {};  // other rules say what is wrong with them
    }

    const Connection& listener = situation.now.connections[ready.front()];
    const Process* process = situation.now.process_of(listener);
    Finding finding;
    finding.severity = Severity::Information;
    finding.connections = ready;
    finding.claim =
        process == nullptr
            ? Message{N_("Port {0} is ready on this host: it is listened to on {1}, and its queue "
                         "has room."),
                      {Port{view.port}, listener.local.address}}
            : Message{N_("Port {0} is ready on this host: {1} listens on {2}, and its queue has "
                         "room."),
                      {Port{view.port}, name_of(*process), listener.local.address}};
    finding.evidence.push_back(
        {{N_("accept queue: {0} (limit {1})"),
          {std::int64_t{*listener.accept_queue}, std::int64_t{*listener.backlog_limit}}},
         Origin::SocketTable,
         "ss -ltn sport = :" + std::to_string(view.port)});
    // Those that came and went between the two looks are in no listing.
    const auto arrived = static_cast<std::int64_t>(view.new_connections.value_or(0));
    const auto half_open = static_cast<std::int64_t>(view.new_half_open.value_or(0));
    if (arrived > 0) {
        finding.evidence.push_back(
            {{N_("at least {0} connections came in during the look"), {arrived}},
             Origin::SocketTable,
             ""});
    }
    if (half_open > 0) {
        finding.evidence.push_back(
            {{N_("at least {0} handshakes began during the look and are not complete"),
              {half_open}},
             Origin::SocketTable,
             "ss -tano state syn-recv sport = :" + std::to_string(view.port)});
    }
    if (arrived == 0 && half_open == 0) {
        finding.candidates = why_clients_may_fail(view.port);
        if (rose(situation, kAccepted)) {
            finding.evidence.push_back(rise_of(situation, kAccepted));
            finding.candidates.push_back(
                {{N_("Clients did connect, and were gone again before the second look.")},
                 {N_("a capture shows whole connections")},
                 capture_command(view.port)});
        }
    }
    if (process == nullptr) {
        say_if_program_unknown(finding, situation, kNoProcess);
    }
    return {finding};
}

}  // namespace

const Rule kPortReady{
    .id = "port-ready",
    .title = N_("The port asked about listens and takes connections on this host."),
    .evaluate = evaluate,
};

}  // namespace tcpdx::diagnosis
