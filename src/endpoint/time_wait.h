#pragma once

#include <cstdint>
#include <optional>

#include "endpoint/settings.h"
#include "endpoint/time.h"
#include "wire/tcp_header.h"

namespace tcpdx::endpoint {

// RFC 7323, 5.3: what is remembered of the peer's timestamps.
struct RecentTimestamp {
    std::uint32_t value = 0;
    Time seen_at{};

    // PAWS: older than what has been seen, unless that is too long ago to tell (5.5).
    [[nodiscard]] bool is_newer_than(std::uint32_t other, Time now) const;
};

// All that a connection in TIME-WAIT still is. There can be tens of thousands, so it is small, and
// it serves connections whose program has gone and those whose program has not alike.
struct TimeWait {
    std::uint32_t snd_nxt = 0;
    std::uint32_t rcv_nxt = 0;
    std::uint32_t rcv_wnd = 0;
    std::uint16_t window_field = 0;
    std::optional<RecentTimestamp> timestamps;
    std::uint32_t timestamp_offset = 0;
    Time expires{};
};

enum class TimeWaitVerdict : std::uint8_t {
    Ignore,
    Acknowledge,
    Delete,  // a RST
    Reopen,  // a SYN of a new connection (RFC 9293, MAY-2; RFC 6191)
};

// Restarts the 2 MSL when the peer's FIN has come again.
[[nodiscard]] TimeWaitVerdict segment_in_time_wait(TimeWait& time_wait,
                                                   const wire::TcpSegment& segment,
                                                   const Settings& settings, Time now);

// The acknowledgment of everything, without ports.
[[nodiscard]] wire::TcpSegment acknowledgment_from_time_wait(const TimeWait& time_wait, Time now);

// The clock of timestamps ticks every millisecond (RFC 7323, 5.4).
[[nodiscard]] std::uint32_t timestamp_now(std::uint32_t offset, Time now);

}  // namespace tcpdx::endpoint
