#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "diagnosis/finding.h"

namespace tcpdx::diagnosis {

// One finding of one look, as the log takes it.
struct SeenFinding {
    std::string identity;  // identity_of()
    std::string_view rule;
    Severity severity = Severity::Information;
};

// Follows findings from look to look: since when, until when, and when that is worth an alert.
// Pure: times are given to it.
class FindingLog {
public:
    using Time = std::chrono::microseconds;  // since 1970

    struct Entry {
        std::int64_t id = 0;
        std::string identity;
        std::string rule;
        Severity severity = Severity::Information;
        Time first_seen{0};
        Time last_seen{0};
        bool active = true;
        bool announced = false;                       // an alert was given
        Severity worst_told = Severity::Information;  // by alerts
    };
    enum class What : std::uint8_t { Started, Ended, Worse };
    struct Alert {
        What what = What::Started;
        Entry entry;
    };

    // `hold`: a finding has to last so long before it is an alert, and to be gone so long before
    // its end is one. A leak that comes and goes within that time is told once.
    FindingLog(std::int64_t first_id, std::chrono::microseconds hold)
        : next_id_(first_id), hold_(hold) {}

    // What a look at `now` has found, all of it. Gives the alerts that are due.
    std::vector<Alert> update(Time now, std::span<const SeenFinding> seen);

    // Active ones, and those that ended less than `hold` ago.
    [[nodiscard]] const std::map<std::string, Entry, std::less<>>& entries() const {
        return entries_;
    }
    // Those that the last update() dropped, with their last time: for what keeps them elsewhere.
    [[nodiscard]] const std::vector<Entry>& dropped() const { return dropped_; }
    void set_hold(std::chrono::microseconds hold) { hold_ = hold; }

private:
    std::int64_t next_id_;
    std::chrono::microseconds hold_;
    std::map<std::string, Entry, std::less<>> entries_;
    std::vector<Entry> dropped_;
};

}  // namespace tcpdx::diagnosis
