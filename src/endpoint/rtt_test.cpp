#include "endpoint/rtt.h"

#include <gtest/gtest.h>

namespace tcpdx::endpoint {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr RttEstimator::Limits kLimits{
    .initial = seconds(1), .min = milliseconds(1), .max = seconds(120)};

// Proves: 6298-2
TEST(Rtt, TakesTheFirstSampleWhole) {
    RttEstimator rtt(kLimits);
    EXPECT_EQ(rtt.rto(), seconds(1));
    rtt.measured(milliseconds(100));
    EXPECT_EQ(rtt.smoothed(), milliseconds(100));
    EXPECT_EQ(rtt.variation(), milliseconds(50));
    EXPECT_EQ(rtt.rto(), milliseconds(300));
}

// Proves: 6298-3
TEST(Rtt, MeasuresTheVariationAgainstTheOldMean) {
    RttEstimator rtt(kLimits);
    rtt.measured(milliseconds(100));
    rtt.measured(milliseconds(180));
    EXPECT_EQ(rtt.variation(), Duration(57500));  // 3/4 of 50 ms and 1/4 of 80 ms
    EXPECT_EQ(rtt.smoothed(), milliseconds(110));
}

// Proves: 6298-4
TEST(Rtt, StaysWithinItsLimits) {
    RttEstimator rtt({.initial = seconds(1), .min = seconds(1), .max = seconds(60)});
    rtt.measured(milliseconds(1));
    EXPECT_EQ(rtt.rto(), seconds(1));
    for (int i = 0; i < 20; ++i) {
        rtt.back_off();
    }
    EXPECT_EQ(rtt.rto(), seconds(60));
}

// Proves: 6298-9
TEST(Rtt, KeepsADoubledTimeoutUntilTheNextSample) {
    RttEstimator rtt(kLimits);
    rtt.measured(milliseconds(100));
    rtt.back_off();
    rtt.back_off();
    EXPECT_EQ(rtt.rto(), milliseconds(1200));
    rtt.measured(milliseconds(100));
    EXPECT_LT(rtt.rto(), milliseconds(300));
}

// Proves: 6298-6
TEST(Rtt, IsNotPulledAwayByManySamplesOfOneRoundTrip) {
    RttEstimator often(kLimits);
    often.measured(milliseconds(100));
    for (int i = 0; i < 10; ++i) {
        often.measured(milliseconds(200), 10);
    }
    RttEstimator once(kLimits);
    once.measured(milliseconds(100));
    once.measured(milliseconds(200));
    EXPECT_NEAR(static_cast<double>(often.smoothed().count()),
                static_cast<double>(once.smoothed().count()), 2000);
}

}  // namespace
}  // namespace tcpdx::endpoint
