#include "endpoint/rtt.h"

#include <algorithm>

namespace tcpdx::endpoint {
namespace {

constexpr Duration kGranularity = std::chrono::milliseconds(1);
constexpr Duration kAfterSynLoss = std::chrono::seconds(3);

}  // namespace

void RttEstimator::measured(Duration round_trip, unsigned samples_per_round_trip) {
    if (!has_sample_) {
        smoothed_ = round_trip;
        variation_ = round_trip / 2;
        has_sample_ = true;
    } else {
        // The variation first: it is measured against the old mean (RFC 6298, 2.3).
        const auto samples = static_cast<Duration::rep>(std::max(samples_per_round_trip, 1U));
        const Duration error = std::chrono::abs(smoothed_ - round_trip);
        variation_ += (error - variation_) / (4 * samples);
        smoothed_ += (round_trip - smoothed_) / (8 * samples);
    }
    rto_ = std::clamp(smoothed_ + std::max(kGranularity, 4 * variation_), limits_.min, limits_.max);
}

void RttEstimator::back_off() {
    rto_ = std::min(2 * rto_, limits_.max);
}

void RttEstimator::syn_was_retransmitted() {
    if (!has_sample_) {
        rto_ = std::max(limits_.initial, kAfterSynLoss);
    }
}

}  // namespace tcpdx::endpoint
