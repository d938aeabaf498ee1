// With rp_filter a packet is dropped when this host would not answer through the interface that it
// came in by. That is what happens to clients behind a second uplink or a VPN: all ports and ping
// are silent for them, and fine for others (facts: row o). It also is what the filter is for, so a
// few dropped packets from forged addresses are normal.

#include "diagnosis/rules/reverse_path_filter.h"

#include "base/i18n.h"
#include "diagnosis/counter_evidence.h"

namespace tcpdx::diagnosis {
namespace {

constexpr const char* kCounter = "TcpExtIPReversePathFilter";
// One client that tries to connect sends as many SYNs in the first three seconds.
constexpr std::uint64_t kOneClient = 3;

std::vector<Finding> evaluate(const Situation& situation) {
    const auto dropped = situation.increase(kCounter);
    if (!dropped || *dropped == 0 || !counters_concern(situation.asked)) {
        return {};
    }
    Finding finding;
    finding.severity = *dropped >= kOneClient ? Severity::Warning : Severity::Information;
    finding.claim = {
        N_("{0} packets were dropped because their answers would leave by another interface."),
        {static_cast<std::int64_t>(*dropped)}};
    finding.evidence = {rise_of(situation, kCounter)};
    for (const auto& [option, value] : situation.now.options.all()) {
        if (option.ends_with(".rp_filter") && value != "0") {
            finding.evidence.push_back(option_value(situation.now, option));
        }
    }
    finding.candidates = {
        {{N_("Routing is asymmetric: clients arrive by one interface, and the route back to them "
             "goes by another.")},
         {N_("the route to the client names another interface than the one it arrives by")},
         "ip route get CLIENT"},
        {{N_("The packets come from forged addresses or from a wrongly attached network, and the "
             "filter does its work.")},
         {N_("the addresses in the kernel log belong to nobody who should get in")},
         "sysctl -w net.ipv4.conf.all.log_martians=1; dmesg -w"}};
    finding.advice = {
        {N_("When clients are among them, set rp_filter=2 (loose) on the interface that they "
            "arrive by. The greater of the values of all and of the interface counts.")},
        {N_("Better, where possible: route the answers back the way the requests came (ip rule "
            "with a table of its own per uplink).")}};
    return {finding};
}

}  // namespace

const Rule kReversePathFilter{
    .id = "reverse-path-filter",
    .title = N_("The reverse path filter drops packets that arrive by an unexpected interface."),
    .evaluate = evaluate,
};

}  // namespace tcpdx::diagnosis
