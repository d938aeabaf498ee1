#include "diagnosis/limits.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tcpdx::diagnosis {
namespace {

TEST(SetLimit, TakesDurationsPercentagesAndCounts) {
    Limits limits;
    EXPECT_TRUE(set_limit(limits, "close-wait=1.5m"));
    EXPECT_EQ(limits.close_wait, std::chrono::seconds(90));
    EXPECT_TRUE(set_limit(limits, "syn-sent=250ms"));
    EXPECT_EQ(limits.syn_sent, std::chrono::milliseconds(250));
    EXPECT_TRUE(set_limit(limits, "idle=0"));
    EXPECT_EQ(limits.idle.count(), 0);
    EXPECT_TRUE(set_limit(limits, "ports-used=90%"));
    EXPECT_EQ(limits.ports_used_percent, 90);
    EXPECT_TRUE(set_limit(limits, "many-half-open=5"));
    EXPECT_EQ(limits.many_half_open, 5U);
}

TEST(SetLimit, RefusesWhatDoesNotFitAndLeavesTheLimitAlone) {
    Limits limits;
    for (const char* text :
         {"close-wait", "close-wait=", "close-wait=-1s", "close-wait=5 s", "close-wait=5x",
          "close-wait=1e300d", "ports-used=101%", "many-half-open=3s", "close-wait=nan"}) {
        const auto result = set_limit(limits, text);
        ASSERT_FALSE(result) << text;
        EXPECT_EQ(result.error().code, ErrorCode::Malformed) << text;
    }
    EXPECT_EQ(limits.close_wait, Limits{}.close_wait);
    EXPECT_EQ(set_limit(limits, "closewait=5s").error().code, ErrorCode::Usage);
}

TEST(ListLimits, ShowsWhatSetLimitTakes) {
    for (const std::string& line : list_limits(Limits{})) {
        Limits limits;
        EXPECT_TRUE(set_limit(limits, line)) << line;
        EXPECT_EQ(list_limits(limits), list_limits(Limits{})) << line;
    }
}

}  // namespace
}  // namespace tcpdx::diagnosis
