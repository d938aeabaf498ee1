#include "diagnosis/rules/time_wait_buckets_near_limit.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "diagnosis/rules/situation_builder.h"

namespace tcpdx::diagnosis {
namespace {

using ::testing::IsEmpty;
using testing::SituationBuilder;
using ::testing::SizeIs;

class TimeWaitBucketsNearLimit : public ::testing::Test {
protected:
    SituationBuilder builder;

    TimeWaitBucketsNearLimit() {
        builder.now.totals.time_wait = 800;
        builder.now.options.set("net.ipv4.tcp_max_tw_buckets", "1000");
    }
    std::vector<Finding> findings() const { return builder.run(kTimeWaitBucketsNearLimit); }
};

TEST_F(TimeWaitBucketsNearLimit, WarnsWhenMostOfTheLimitIsUsed) {
    ASSERT_THAT(findings(), SizeIs(1));
    EXPECT_EQ(findings()[0].severity, Severity::Warning);
}

TEST_F(TimeWaitBucketsNearLimit, StaysSilentBelow) {
    builder.now.totals.time_wait = 799;
    EXPECT_THAT(findings(), IsEmpty());
}

TEST_F(TimeWaitBucketsNearLimit, SaysWhenConnectionsSkipTimeWaitAlready) {
    builder.now.totals.time_wait = 700;  // it has fallen since
    builder.counter("TcpExtTCPTimeWaitOverflow", 5, 6);
    ASSERT_THAT(findings(), SizeIs(1));
    EXPECT_THAT(findings()[0].claim.text, ::testing::HasSubstr("skip TIME-WAIT"));
}

TEST_F(TimeWaitBucketsNearLimit, DoesNotTakeAnOldOverflowForAPresentOne) {
    builder.now.totals.time_wait = 10;
    builder.counter("TcpExtTCPTimeWaitOverflow", 6, 6);
    EXPECT_THAT(findings(), IsEmpty());
}

TEST_F(TimeWaitBucketsNearLimit, StaysSilentWhenTheTotalOrTheLimitIsUnknown) {
    builder.now.totals.time_wait.reset();
    EXPECT_THAT(findings(), IsEmpty());
    builder.now.totals.time_wait = 1000;
    builder.now.options = {};
    EXPECT_THAT(findings(), IsEmpty());
}

}  // namespace
}  // namespace tcpdx::diagnosis
