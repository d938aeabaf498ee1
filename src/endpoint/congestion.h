#pragma once

#include <cstdint>

#include "endpoint/settings.h"
#include "endpoint/time.h"

namespace tcpdx::endpoint {

// How much may be in flight: RFC 5681 with the recovery of RFC 6582, or CUBIC (RFC 9438), which
// differs from it only in how the window grows and by how much it is reduced. What is lost is for
// the sender to find out; this only knows sizes.
class Congestion {
public:
    Congestion(CongestionAlgorithm algorithm, unsigned initial_window_segments)
        : algorithm_(algorithm), initial_segments_(initial_window_segments) {}

    // Once the handshake has settled the segment size. One segment where the SYN was lost.
    void begin(std::uint32_t segment_size, bool syn_was_lost);
    void set_segment_size(std::uint32_t segment_size) { segment_size_ = segment_size; }

    // New data was acknowledged outside of recovery. `flight` is what was in flight before.
    void acknowledged(std::uint32_t bytes, std::uint32_t flight, Duration round_trip, Time now);
    // Three duplicates, or SACK, showed a loss. Without SACK the three segments that the
    // duplicates stand for have left the network, which inflates the window.
    void enter_recovery(std::uint32_t flight, bool inflate, Time now);
    void duplicate_in_recovery() { window_ += segment_size_; }
    void partial_acknowledgment(std::uint32_t bytes);
    void leave_recovery(std::uint32_t flight, bool inflated);
    // `first` is false while the same data is timed out again: the threshold stays then.
    void timed_out(std::uint32_t flight, bool first, Time now);
    void congestion_experienced(std::uint32_t flight, Time now);  // RFC 3168
    void restart_after_idle();                                    // RFC 5681, 4.1

    [[nodiscard]] std::uint32_t window() const { return window_; }
    [[nodiscard]] std::uint32_t threshold() const { return threshold_; }
    [[nodiscard]] std::uint32_t initial_window() const;
    [[nodiscard]] bool in_slow_start() const { return window_ < threshold_; }

private:
    void reduce(std::uint32_t flight, Time now);
    void grow_like_reno(std::uint32_t bytes);
    void grow_like_cubic(std::uint32_t bytes, Duration round_trip, Time now);

    CongestionAlgorithm algorithm_;
    unsigned initial_segments_;
    std::uint32_t segment_size_ = 536;
    std::uint32_t window_ = 0;
    std::uint32_t threshold_ = 0x7fffffff;
    std::uint32_t acknowledged_in_avoidance_ = 0;
    // CUBIC, all in segments and seconds.
    double window_max_ = 0;
    double reno_window_ = 0;
    double time_to_max_ = 0;  // K
    double window_at_epoch_ = 0;
    bool epoch_running_ = false;
    Time epoch_{};
    double fraction_ = 0;  // growth too small to show in a window of whole bytes
};

}  // namespace tcpdx::endpoint
