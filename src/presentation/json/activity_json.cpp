#include "presentation/json/activity_json.h"

#include "presentation/ending_names.h"

namespace tcpdx {
namespace {

using nlohmann::ordered_json;

template <class ByName>
ordered_json by_name_json(const ByName& by_name) {
    ordered_json object = ordered_json::object();
    for (const auto& [name, count] : by_name) {
        object[name.empty() ? "UNKNOWN" : name] = count;
    }
    return object;
}

ordered_json outlook_json(const diagnosis::SourcePortOutlook& outlook) {
    ordered_json object{{"local_address", to_string(outlook.destination.local)},
                        {"remote_address", to_string(outlook.destination.remote.address)},
                        {"remote_port", outlook.destination.remote.port},
                        {"connects_per_second", outlook.connects_per_second}};
    if (outlook.used && outlook.usable) {
        object["used"] = *outlook.used;
        object["usable"] = *outlook.usable;
    }
    if (outlook.growth_per_second) {
        object["growth_per_second"] = *outlook.growth_per_second;
    }
    if (outlook.time_left) {
        object["time_left_ms"] = outlook.time_left->count();
    }
    return object;
}

}  // namespace

ordered_json activity_json(const diagnosis::ActivityReport& report) {
    const trace::Totals& totals = report.activity.totals;
    ordered_json object{{"watched_ms", report.activity.lasted.count()},
                        {"opened_actively", totals.opened_actively},
                        {"opened_passively", totals.opened_passively},
                        {"established", totals.established},
                        {"resets_received", totals.resets_received},
                        {"retransmissions", totals.retransmissions},
                        {"lost_changes", report.activity.lost_changes},
                        {"lost_details", report.activity.lost_details}};
    object["ended"] = ordered_json::object();
    for (const trace::Ending ending : trace::kAllEndings) {
        if (totals.endings(ending) > 0) {
            object["ended"][std::string(trace::name_of(ending))] = totals.endings(ending);
        }
    }
    object["resets_sent"] = by_name_json(totals.resets_sent);
    object["drops"] = by_name_json(totals.drops);
    object["source_ports"] = ordered_json::array();
    for (const diagnosis::SourcePortOutlook& outlook : report.source_ports) {
        object["source_ports"].push_back(outlook_json(outlook));
    }
    return object;
}

}  // namespace tcpdx
