#pragma once

#include <chrono>
#include <ctime>
#include <string>

#include "model/trace/life.h"
#include "presentation/list/duration_format.h"

namespace tcpdx::trace {

// Turns times of the monotonic clock, which events have, into time of day.
class TraceClock {
public:
    // One moment by both clocks.
    TraceClock(std::chrono::system_clock::time_point wall, Time monotonic)
        : offset_(std::chrono::duration_cast<Time>(wall.time_since_epoch()) - monotonic) {}

    // Of the Unix epoch.
    [[nodiscard]] std::chrono::microseconds since_epoch(Time time) const {
        return std::chrono::duration_cast<std::chrono::microseconds>(time + offset_);
    }
    // "13:04:05.123456", in the reader's time zone. 15 characters.
    char* append_time_of_day(char* out, Time time) const;

private:
    Time offset_;
    // Asking for the time zone takes longer than the rest of a line.
    mutable std::time_t second_ = -1;
    mutable char text_[8] = {};
};

// "87 us", "1.25 ms", "300 ms", "3.2 s", "3 m 12 s".
class DwellFormat {
public:
    char* append(char* out, Time time) const;
    // "≈ 87 us", "≥ 3 s", "0 s .. 2.1 s", "-".
    char* append(char* out, const Dwell& dwell) const;

private:
    DurationFormat long_;
};

[[nodiscard]] std::string render(const Dwell& dwell);

}  // namespace tcpdx::trace
