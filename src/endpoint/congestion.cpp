#include "endpoint/congestion.h"

#include <algorithm>
#include <cmath>

namespace tcpdx::endpoint {
namespace {

constexpr double kCubicC = 0.4;
constexpr double kCubicBeta = 0.7;
constexpr std::uint32_t kMaxWindow = 1U << 30;

}  // namespace

std::uint32_t Congestion::initial_window() const {
    if (initial_segments_ != 0) {
        return initial_segments_ * segment_size_;  // RFC 6928
    }
    if (segment_size_ > 2190) {
        return 2 * segment_size_;
    }
    return (segment_size_ > 1095 ? 3 : 4) * segment_size_;
}

void Congestion::begin(std::uint32_t segment_size, bool syn_was_lost) {
    segment_size_ = segment_size;
    window_ = syn_was_lost ? segment_size : initial_window();
}

void Congestion::acknowledged(std::uint32_t bytes, std::uint32_t flight, Duration round_trip,
                              Time now) {
    // A window that the program did not fill says nothing about the network (RFC 5681, 3.1).
    const std::uint32_t used = in_slow_start() ? 2 * flight : flight + segment_size_;
    if (used <= window_ || window_ >= kMaxWindow) {
        return;
    }
    if (in_slow_start()) {
        window_ += std::min(bytes, segment_size_);
    } else if (algorithm_ == CongestionAlgorithm::Cubic) {
        grow_like_cubic(bytes, round_trip, now);
    } else {
        grow_like_reno(bytes);
    }
}

void Congestion::grow_like_reno(std::uint32_t bytes) {
    acknowledged_in_avoidance_ += bytes;
    if (acknowledged_in_avoidance_ >= window_) {
        acknowledged_in_avoidance_ -= window_;
        window_ += segment_size_;
    }
}

// RFC 9438, 4.2 to 4.5.
void Congestion::grow_like_cubic(std::uint32_t bytes, Duration round_trip, Time now) {
    const double size = segment_size_;
    const double window = window_ / size;
    if (!epoch_running_) {
        epoch_running_ = true;
        epoch_ = now;
        window_at_epoch_ = window;
        reno_window_ = window;
        window_max_ = std::max(window_max_, window);
        time_to_max_ = std::cbrt((window_max_ - window_at_epoch_) / kCubicC);
    }
    const auto seconds = [](Duration duration) {
        return std::chrono::duration<double>(duration).count();
    };
    const double after_max = seconds(now - epoch_) + seconds(round_trip) - time_to_max_;
    const double wanted = kCubicC * after_max * after_max * after_max + window_max_;
    const double target = std::clamp(wanted, window, 1.5 * window);
    const double segments = bytes / size;
    // Once it is past the old maximum, Reno would grow by a whole segment each round trip.
    const double alpha =
        reno_window_ >= window_max_ ? 1.0 : 3.0 * (1.0 - kCubicBeta) / (1.0 + kCubicBeta);
    reno_window_ += alpha * segments / window;
    const double growth = reno_window_ > wanted ? std::max(reno_window_ - window, 0.0)
                                                : (target - window) / window * segments;
    fraction_ += growth * size;
    const double whole = std::floor(fraction_);
    fraction_ -= whole;
    window_ += static_cast<std::uint32_t>(std::min(whole, size * segments));
}

void Congestion::reduce(std::uint32_t flight, Time /*now*/) {
    epoch_running_ = false;
    fraction_ = 0;
    acknowledged_in_avoidance_ = 0;
    const std::uint32_t floor = 2 * segment_size_;
    if (algorithm_ == CongestionAlgorithm::Cubic) {
        const double window = static_cast<double>(window_) / segment_size_;
        // Fast convergence: leave room for a flow that has just begun.
        window_max_ = window < window_max_ ? window * (1.0 + kCubicBeta) / 2.0 : window;
        threshold_ = std::max(static_cast<std::uint32_t>(flight * kCubicBeta), floor);
    } else {
        threshold_ = std::max(flight / 2, floor);
    }
}

void Congestion::enter_recovery(std::uint32_t flight, bool inflate, Time now) {
    reduce(flight, now);
    window_ = threshold_ + (inflate ? 3 * segment_size_ : 0);
}

void Congestion::partial_acknowledgment(std::uint32_t bytes) {
    window_ -= std::min(bytes, window_ - segment_size_);
    if (bytes >= segment_size_) {
        window_ += segment_size_;
    }
}

// RFC 6582, 3.2, step 3, option 1: no burst after the last acknowledgment.
void Congestion::leave_recovery(std::uint32_t flight, bool inflated) {
    window_ = inflated ? std::min(threshold_, std::max(flight, segment_size_) + segment_size_)
                       : threshold_;
}

void Congestion::timed_out(std::uint32_t flight, bool first, Time now) {
    if (first) {
        reduce(flight, now);
    }
    window_ = segment_size_;
}

void Congestion::congestion_experienced(std::uint32_t flight, Time now) {
    reduce(flight, now);
    window_ = threshold_;
}

void Congestion::restart_after_idle() {
    window_ = std::min(window_, initial_window());
    epoch_running_ = false;
}

}  // namespace tcpdx::endpoint
