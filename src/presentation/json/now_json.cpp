#include "presentation/json/now_json.h"

#include <cmath>
#include <nlohmann/json.hpp>

#include "presentation/json/life_json.h"
#include "presentation/render.h"

namespace tcpdx {
namespace {

using nlohmann::ordered_json;
using trace::Tally;

// Two digits: more would be noise, and they come every second.
double rounded(double rate) {
    return std::round(rate * 100) / 100;
}

ordered_json rates_json(const HostNow& now) {
    ordered_json rates = ordered_json::array();
    for (const TcpState from : kAllTcpStates) {
        for (const TcpState to : kAllTcpStates) {
            const auto row = static_cast<std::size_t>(from);
            const auto column = static_cast<std::size_t>(to);
            const std::uint64_t count = now.totals.transitions.at(row).at(column) -
                                        now.earlier.transitions.at(row).at(column);
            if (count > 0 && now.rates_over.count() > 0) {
                rates.push_back(
                    {{"from", rfc_name(from)},
                     {"to", rfc_name(to)},
                     {"per_second", rounded(static_cast<double>(count) * 1000 /
                                            static_cast<double>(now.rates_over.count()))}});
            }
        }
    }
    return rates;
}

void put_rates(ordered_json& document, const HostNow& now) {
    if (now.rates_over.count() == 0) {
        return;
    }
    const auto put = [&](const char* key, std::uint64_t Tally::*count) {
        document[key] = rounded(now.per_second(count));
    };
    put("opened_actively_per_second", &Tally::opened_actively);
    put("opened_passively_per_second", &Tally::opened_passively);
    put("closed_per_second", &Tally::closed);
    if (!now.sampled) {
        put("resets_sent_per_second", &Tally::resets_sent);
        put("resets_received_per_second", &Tally::resets_received);
        put("retransmissions_per_second", &Tally::retransmissions);
        put("drops_per_second", &Tally::drops);
    }
}

ordered_json recording_json(const HostNow& now) {
    if (!now.recording) {
        return {{"state", "off"}};
    }
    if (now.recording_stopped.empty()) {
        return {{"state", "on"}};
    }
    return {{"state", "stopped"}, {"reason", now.recording_stopped}};
}

}  // namespace

std::string now_json(const HostNow& now, const std::vector<Unseen>& unseen,
                     std::chrono::microseconds findings_at, const std::string& findings) {
    ordered_json document{{"schema", "tcpdx.now/1"}, {"at_unix_s", unix_seconds(now.at)}};
    ordered_json& host = document["host"];
    host["name"] = now.host.name;
    if (!now.host.boot_id.empty()) {
        host["boot_id"] = now.host.boot_id;
    }
    host["kernel"] = now.host.kernel;
    host["tcpdx_version"] = TCPDX_VERSION;
    host["watching_since_unix_s"] = unix_seconds(now.host.watching_since);
    document["source"] = now.sampled ? "samples" : "events";
    for (const TcpState state : kAllTcpStates) {
        document["states"][std::string(rfc_name(state))] =
            now.totals.open.at(static_cast<std::size_t>(state));
    }
    document["rates_over_ms"] = now.rates_over.count();
    document["rates"] = rates_json(now);
    put_rates(document, now);
    document["lost"] = {{"changes", now.lost_changes},
                        {"details", now.lost_details},
                        {"skipped", now.skipped_changes}};
    document["recording"] = recording_json(now);
    if (findings_at.count() > 0) {
        document["findings_at_unix_s"] = unix_seconds(findings_at);
    }
    document["not_seen"] = ordered_json::array();
    for (const Unseen& each : unseen) {
        document["not_seen"].push_back(
            {{"what", render(each.what)}, {"remedy", render(each.remedy)}});
    }
    std::string text = document.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
    text.pop_back();
    return text + ",\"findings\":" + findings + "}";
}

}  // namespace tcpdx
