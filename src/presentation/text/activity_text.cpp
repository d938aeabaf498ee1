#include "presentation/text/activity_text.h"

#include <fmt/format.h>

#include <cmath>

#include "base/i18n.h"
#include "presentation/ending_names.h"
#include "presentation/i18n.h"
#include "presentation/render.h"

namespace tcpdx {
namespace {

using diagnosis::SourcePortOutlook;
using trace::Activity;
using trace::Ending;

std::int64_t number(std::uint64_t count) {
    return static_cast<std::int64_t>(count);
}

// "0.3", "42", without a precision that a few seconds do not give.
std::string rate(double per_second) {
    return std::abs(per_second) < 10 ? fmt::format("{:.1f}", per_second)
                                     : fmt::format("{:.0f}", per_second);
}

template <class ByName>
std::string list_of(const ByName& by_name) {
    std::string text;
    for (const auto& [name, count] : by_name) {
        text += fmt::format("{}{} {}", text.empty() ? "" : ", ", count,
                            name.empty() ? _("without a reason") : name.c_str());
    }
    return text;
}

// Of those endings that `wanted` says.
template <class Wanted>
std::string endings(const Activity& activity, Wanted wanted) {
    std::string text;
    for (const Ending ending : trace::kAllEndings) {
        const std::uint64_t count = activity.totals.endings(ending);
        if (count > 0 && wanted(ending)) {
            text +=
                fmt::format("{}{} {}", text.empty() ? "" : ", ", count, trace::word_for(ending));
        }
    }
    return text;
}

bool is_failed_open(Ending ending) {
    return ending == Ending::Refused || ending == Ending::Unreachable ||
           ending == Ending::Unanswered || ending == Ending::NoSourcePort ||
           ending == Ending::Dropped;
}

std::string source_ports_line(const SourcePortOutlook& outlook) {
    const std::string remote = to_string(outlook.destination.remote);
    const std::string local = to_string(outlook.destination.local);
    const std::string connects = rate(outlook.connects_per_second);
    if (!outlook.used || !outlook.usable) {
        return render(
            Message{N_("From {0} to {1}: {2} connects per second."), {local, remote, connects}});
    }
    std::string text = render(
        Message{N_("From {0} to {1}: {2} connects per second; {3} of {4} source ports in use."),
                {local, remote, connects, number(*outlook.used), number(*outlook.usable)}});
    if (outlook.time_left) {
        text += ' ' + render(Message{N_("{0} more each second: all used up in {1}."),
                                     {rate(*outlook.growth_per_second), *outlook.time_left}});
    }
    return text;
}

}  // namespace

std::vector<std::string> activity_lines(const diagnosis::ActivityReport& report) {
    const Activity& activity = report.activity;
    const trace::Totals& totals = activity.totals;
    std::vector<std::string> lines;
    const auto add = [&lines](const Message& message) { lines.push_back(render(message)); };
    add({N_("Watched for {0}: {1} connections opened from here ({2} per second), {3} to here ({4} "
            "per second)."),
         {activity.lasted, number(totals.opened_actively),
          rate(activity.per_second(totals.opened_actively)), number(totals.opened_passively),
          rate(activity.per_second(totals.opened_passively))}});
    if (const std::string failed = endings(activity, is_failed_open); !failed.empty()) {
        add({N_("Opens that failed: {0}."), {failed}});
    }
    if (const std::string ended =
            endings(activity, [](Ending each) { return !is_failed_open(each); });
        !ended.empty()) {
        add({N_("Ended: {0}."), {ended}});
    }
    if (!totals.resets_sent.empty()) {
        add({N_("Resets sent: {0}."), {list_of(totals.resets_sent)}});
    }
    if (totals.resets_received > 0) {
        add({N_("Resets received: {0}."), {number(totals.resets_received)}});
    }
    if (!totals.drops.empty()) {
        add({N_("Packets dropped: {0}."), {list_of(totals.drops)}});
    }
    if (totals.retransmissions > 0) {
        add({N_("Retransmissions: {0}."), {number(totals.retransmissions)}});
    }
    constexpr double kWorthALine = 1;  // connects per second
    for (const SourcePortOutlook& outlook : report.source_ports) {
        if (outlook.connects_per_second >= kWorthALine) {
            lines.push_back(source_ports_line(outlook));
        }
    }
    if (activity.lost_changes + activity.lost_details > 0) {
        add({N_("{0} events came faster than they could be read: there was more than this."),
             {number(activity.lost_changes + activity.lost_details)}});
    }
    return lines;
}

}  // namespace tcpdx
