#include "diagnosis/activity_report.h"

#include <algorithm>

#include "diagnosis/source_ports.h"

namespace tcpdx::diagnosis {
namespace {

constexpr std::size_t kMostDestinations = 5;
// A prediction from one port more than before would be an alarm about nothing.
constexpr std::size_t kLeastGrowth = 20;  // ports, between the two looks

std::size_t used_to(const std::vector<SourcePortUse>& all, const trace::Destination& destination) {
    const SourcePortUse wanted{.local = destination.local, .remote = destination.remote};
    const auto found = std::find_if(all.begin(), all.end(), [&](const SourcePortUse& each) {
        return same_destination(each, wanted);
    });
    return found == all.end() ? 0 : found->used;
}

}  // namespace

ActivityReport report_on_activity(const Situation& situation, trace::Activity activity) {
    ActivityReport report{.activity = std::move(activity), .source_ports = {}};
    for (const auto& [destination, connects] : report.activity.connects) {
        report.source_ports.push_back(
            {.destination = destination,
             .connects_per_second = report.activity.per_second(connects)});
    }
    std::stable_sort(report.source_ports.begin(), report.source_ports.end(),
                     [](const SourcePortOutlook& a, const SourcePortOutlook& b) {
                         return a.connects_per_second > b.connects_per_second;
                     });
    report.source_ports.resize(std::min(report.source_ports.size(), kMostDestinations));

    const auto ports = source_ports(situation.now);
    if (!ports || report.source_ports.empty()) {
        return report;
    }
    const auto now = source_port_use(situation.now, *ports);
    const auto interval = situation.interval();
    std::vector<SourcePortUse> earlier;
    if (interval && interval->count() > 0) {
        earlier = source_port_use(*situation.earlier, *ports);
    }
    for (SourcePortOutlook& outlook : report.source_ports) {
        outlook.usable = ports->count;
        outlook.used = used_to(now, outlook.destination);
        if (!interval || interval->count() <= 0) {
            continue;
        }
        const std::size_t before = used_to(earlier, outlook.destination);
        const double growth = (static_cast<double>(*outlook.used) - static_cast<double>(before)) *
                              1000 / static_cast<double>(interval->count());
        outlook.growth_per_second = growth;
        if (*outlook.used >= before + kLeastGrowth) {
            const auto free =
                static_cast<double>(ports->count - std::min(ports->count, *outlook.used));
            outlook.time_left =
                std::chrono::milliseconds(static_cast<std::int64_t>(free / growth * 1000));
        }
    }
    return report;
}

}  // namespace tcpdx::diagnosis
