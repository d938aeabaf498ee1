#pragma once

#include "endpoint/time.h"

namespace tcpdx::endpoint {

// RFC 6298: how long to wait for an acknowledgment before sending again.
class RttEstimator {
public:
    struct Limits {
        Duration initial;
        Duration min;
        Duration max;
    };
    explicit RttEstimator(const Limits& limits) : limits_(limits), rto_(limits.initial) {}

    // A round trip that was measured on a segment sent once (Karn), or through timestamps.
    // `samples_per_round_trip` weighs many samples of one window down (RFC 7323, appendix G).
    void measured(Duration round_trip, unsigned samples_per_round_trip = 1);
    // The timer fired. The doubled timeout stays until the next sample (RFC 6298, 5.5).
    void back_off();
    // The SYN was sent again before it was acknowledged, so one second is too short (RFC
    // 6298, 5.7).
    void syn_was_retransmitted();

    [[nodiscard]] Duration rto() const { return rto_; }
    [[nodiscard]] Duration smoothed() const { return smoothed_; }
    [[nodiscard]] Duration variation() const { return variation_; }
    [[nodiscard]] Duration max() const { return limits_.max; }

private:
    Limits limits_;
    Duration rto_;
    Duration smoothed_{};
    Duration variation_{};
    bool has_sample_ = false;
};

}  // namespace tcpdx::endpoint
