#include "diagnosis/finding_log.h"

namespace tcpdx::diagnosis {

std::vector<FindingLog::Alert> FindingLog::update(Time now, std::span<const SeenFinding> seen) {
    std::vector<Alert> alerts;
    dropped_.clear();
    for (auto& [identity, entry] : entries_) {
        entry.active = false;
    }
    for (const SeenFinding& each : seen) {
        const auto [found, is_new] = entries_.try_emplace(each.identity);
        Entry& entry = found->second;
        if (is_new) {
            entry = {.id = next_id_++,
                     .identity = each.identity,
                     .rule = std::string(each.rule),
                     .severity = each.severity,
                     .first_seen = now};
        }
        entry.severity = entry.active ? std::max(entry.severity, each.severity) : each.severity;
        entry.last_seen = now;
        entry.active = true;
        if (!entry.announced && now - entry.first_seen >= hold_) {
            entry.announced = true;
            entry.worst_told = entry.severity;
            alerts.push_back({.what = What::Started, .entry = entry});
        } else if (entry.announced && entry.severity > entry.worst_told) {
            entry.worst_told = entry.severity;
            alerts.push_back({.what = What::Worse, .entry = entry});
        }
    }
    for (auto each = entries_.begin(); each != entries_.end();) {
        const Entry& entry = each->second;
        if (entry.active || now - entry.last_seen < hold_) {
            ++each;
            continue;
        }
        if (entry.announced) {
            alerts.push_back({.what = What::Ended, .entry = entry});
        }
        dropped_.push_back(entry);
        each = entries_.erase(each);
    }
    return alerts;
}

}  // namespace tcpdx::diagnosis
