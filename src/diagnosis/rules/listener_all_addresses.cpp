// Which programs accept connections on every address of the host. Whether that is intended is a
// matter of policy that no tool can see, so this is information and never more, one finding however
// many there are, and only for the whole host.

#include "diagnosis/rules/listener_all_addresses.h"

#include "base/i18n.h"
#include "diagnosis/evidence.h"
#include "diagnosis/listeners.h"

namespace tcpdx::diagnosis {
namespace {

bool on_all_addresses(const Connection& listener) {
    return listener.local.address.is_any();
}

std::vector<Finding> evaluate(const Situation& situation) {
    if (!situation.asked.whole_host()) {
        return {};
    }
    const std::vector<ListeningPort> ports = listening_ports(situation, on_all_addresses);
    if (ports.empty()) {
        return {};
    }
    Finding finding;
    finding.severity = Severity::Information;
    finding.claim = counted(NP_("{0} port is open on all addresses of this host.",
                                "{0} ports are open on all addresses of this host."),
                            {count_of(ports.size())});
    finding.evidence = {{{N_("listening on all addresses: {0}"), {list_of(ports)}},
                         origin_of(situation.now.connections[ports.front().listeners.front()]),
                         "ss -ltnp"}};
    finding.unknown = {{N_("whether that is intended, and what a packet filter lets through")}};
    for (const ListeningPort& port : ports) {
        finding.connections.insert(finding.connections.end(), port.listeners.begin(),
                                   port.listeners.end());
    }
    return {finding};
}

}  // namespace

const Rule kListenerAllAddresses{
    .id = "listener-all-addresses",
    .title = N_("Programs that accept connections on all addresses of this host."),
    .evaluate = evaluate,
    .harmless = true,
};

}  // namespace tcpdx::diagnosis
