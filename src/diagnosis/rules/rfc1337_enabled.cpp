// net.ipv4.tcp_rfc1337=1 stands in many hardening lists. It makes a socket in TIME-WAIT ignore RST.
// When a client behind NAT (or one that restarts) uses a source port again whose old connection is
// still in TIME-WAIT here, its SYN is answered with an ACK for the old connection; the client
// answers that with RST, which would have cleared the way. With the option the RST is ignored and
// the client cannot connect from that port for up to 60 s; without, it costs it 10 ms (measured,
// facts: rows q1, q2).

#include "diagnosis/rules/rfc1337_enabled.h"

#include "base/i18n.h"
#include "diagnosis/counter_evidence.h"

namespace tcpdx::diagnosis {
namespace {

constexpr const char* kOption = "net.ipv4.tcp_rfc1337";

std::vector<Finding> evaluate(const Situation& situation) {
    if (situation.now.options.number(kOption).value_or(0) != 1 ||
        !counters_concern(situation.asked)) {
        return {};
    }
    Finding finding;
    finding.severity = Severity::Warning;
    finding.claim = {
        N_("net.ipv4.tcp_rfc1337=1 can keep clients out for up to 60 s when they use a source port "
           "again.")};
    finding.evidence = {option_value(situation.now, kOption)};
    for (const char* counter : {"TcpExtPAWSTimewait", "TcpExtTCPACKSkippedTimeWait"}) {
        if (rose(situation, counter)) {
            finding.severity = Severity::Problem;
            finding.claim = {
                N_("Clients cannot connect because net.ipv4.tcp_rfc1337=1 keeps old connections "
                   "in TIME-WAIT.")};
            finding.evidence.push_back(rise_of(situation, counter));
        }
    }
    if (const std::size_t waiting = situation.now.count(TcpState::TimeWait); waiting > 0) {
        finding.evidence.push_back({{N_("{0} sockets in TIME-WAIT, each of which shuts out its "
                                        "peer's source port"),
                                     {static_cast<std::int64_t>(waiting)}},
                                    Origin::SocketTable,
                                    "ss -tan state time-wait"});
    }
    finding.advice = {
        {N_("Set net.ipv4.tcp_rfc1337=0, the default, and take it out of the file in "
            "/etc/sysctl.d that sets it.")},
        {N_("The option protects against old RSTs that end TIME-WAIT early, which timestamps make "
            "harmless.")}};
    return {finding};
}

}  // namespace

const Rule kRfc1337Enabled{
    .id = "rfc1337-enabled",
    .title = N_("tcp_rfc1337 keeps clients out that use a source port again."),
    .evaluate = evaluate,
};

}  // namespace tcpdx::diagnosis
