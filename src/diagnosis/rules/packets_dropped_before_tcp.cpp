// Packets that IP received and nobody got: dropped between the network card and TCP. A packet
// filter moves no TCP counter, so this gap is the only trace it leaves in counters (facts: rows b,
// d1).
//
// A gap is no fault by itself. A host that drops unwanted packets has one all day, and multicast
// for groups that nobody joined, packets from impossible addresses and packets taken over by
// NFQUEUE, TPROXY or IPVS make one too. So it is information; it becomes a warning only for a port
// asked about to which nothing came although something listens, while most of what arrived was
// dropped.

#include "diagnosis/rules/packets_dropped_before_tcp.h"

#include <algorithm>

#include "base/i18n.h"
#include "diagnosis/counter_evidence.h"
#include "diagnosis/packet_gaps.h"
#include "diagnosis/port_view.h"

namespace tcpdx::diagnosis {
namespace {

// Below one packet in a hundred it is not worth a line.
constexpr std::uint64_t kWorthALine = 100;

bool port_gets_nothing(const Situation& situation) {
    if (!situation.asked.port) {
        return false;
    }
    const PortView view = view_port(situation, *situation.asked.port);
    const bool reachable =
        std::any_of(view.listeners.begin(), view.listeners.end(), [&](std::uint32_t index) {
            return !situation.now.connections[index].local.address.is_loopback();
        });
    // The listing does not show connections that came and went between the looks; the counter does.
    return reachable && view.new_connections == 0U && view.new_half_open == 0U &&
           !rose(situation, "TcpPassiveOpens");
}

std::vector<Finding> evaluate(const Situation& situation) {
    const auto gap = lost_before_tcp(situation);
    const auto received = situation.increase("IpInReceives");
    if (!gap || !received || *gap < kCertainGap || *gap * kWorthALine < *received ||
        !counters_concern(situation.asked)) {
        return {};
    }
    const auto lost = static_cast<std::int64_t>(*gap);
    const auto all = static_cast<std::int64_t>(*received);
    const bool suspicious = *gap * 2 >= *received && port_gets_nothing(situation);
    Finding finding;
    finding.severity = suspicious ? Severity::Warning : Severity::Information;
    finding.claim =
        suspicious
            ? Message{N_("Nothing reached port {2}, and {0} of {1} IPv4 packets that arrived were "
                         "dropped before TCP."),
                      {lost, all, Port{*situation.asked.port}}}
            : Message{N_("{0} of {1} IPv4 packets that arrived were dropped before TCP."),
                      {lost, all}};
    finding.evidence = {rise_of(situation, "IpInReceives"),
                        rise_of(situation, "IpInDelivers"),
                        {{N_("{0} of them are in no counter of the IP layer: neither delivered, "
                             "forwarded, reassembled nor faulty"),
                          {lost}},
                         Origin::Counter,
                         "nstat -az 'IpIn*' 'IpForw*' 'IpReasm*'"}};
    const std::string capture =
        situation.asked.port
            ? "tcpdump -ni any 'tcp port " + std::to_string(*situation.asked.port) + "'"
            : std::string("tcpdump -ni any 'tcp[13] & 2 != 0'");
    finding.candidates = {
        {{N_("A packet filter of this host drops them (nftables, iptables, a BPF filter).")},
         {N_("a rule's packet counter rises as fast as the gap")},
         "nft list ruleset"},
        {{N_("They are not for this host: multicast that nobody joined, packets from impossible "
             "addresses.")},
         {N_("a capture shows what arrives and gets no answer")},
         capture},
        {{N_("They were taken over on the way: NFQUEUE, TPROXY, IPVS.")},
         {N_("the rules name such a target, or ipvsadm lists services")},
         "nft list ruleset"}};
    finding.unknown = {{N_("which packets they were: counters do not tell the port or the peer")}};
    finding.advice = {
        {N_("Nothing needs doing unless a client times out. Then compare the "
            "capture, which sees packets before the filter, with the filter's "
            "rules.")}};
    return {finding};
}

}  // namespace

const Rule kPacketsDroppedBeforeTcp{
    .id = "packets-dropped-before-tcp",
    .title = N_("Packets are dropped between the network card and TCP."),
    .evaluate = evaluate,
};

}  // namespace tcpdx::diagnosis
