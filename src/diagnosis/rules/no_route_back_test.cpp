#include "diagnosis/rules/no_route_back.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "diagnosis/rules/situation_builder.h"

namespace tcpdx::diagnosis {
namespace {

using ::testing::IsEmpty;
using testing::SituationBuilder;
using ::testing::SizeIs;

class NoRouteBack : public ::testing::Test {
protected:
    SituationBuilder builder;

    NoRouteBack() {
        builder.now.options.set("net.ipv4.tcp_syncookies", "1");
        builder.counter("IpOutNoRoutes", 0, 8)
            .counter("TcpExtListenDrops", 100, 108)
            .counter("TcpExtListenOverflows", 100, 100);
    }
    std::vector<Finding> findings() const { return builder.run(kNoRouteBack); }
};

TEST_F(NoRouteBack, IsCertainWhenDropsAndMissingRoutesRiseTogether) {
    ASSERT_THAT(findings(), SizeIs(1));
    EXPECT_EQ(findings()[0].severity, Severity::Problem);
    EXPECT_THAT(findings()[0].candidates, IsEmpty());
}

TEST_F(NoRouteBack, IsOneOfTwoWhenAQueueWithoutCookiesMayBeFull) {
    builder.now.options.set("net.ipv4.tcp_syncookies", "0");
    ASSERT_THAT(findings(), SizeIs(1));
    EXPECT_EQ(findings()[0].severity, Severity::Warning);
    EXPECT_THAT(findings()[0].candidates, SizeIs(2));
}

TEST_F(NoRouteBack, IsOneOfTwoWhenThereAreMoreDropsThanMissingRoutes) {
    builder.counter("IpOutNoRoutes", 0, 2);
    EXPECT_THAT(findings()[0].candidates, SizeIs(2));
}

TEST_F(NoRouteBack, LeavesAFullAcceptQueueToItsOwnRule) {
    builder.counter("TcpExtListenOverflows", 100, 108);
    EXPECT_THAT(findings(), IsEmpty());
}

TEST_F(NoRouteBack, IsSilentWhenOnlyAProgramHereHasNoRoute) {
    builder.counter("TcpExtListenDrops", 100, 100);
    EXPECT_THAT(findings(), IsEmpty());
}

TEST_F(NoRouteBack, IsSilentWhenRoutesAreThere) {
    builder.counter("IpOutNoRoutes", 8, 8);
    EXPECT_THAT(findings(), IsEmpty());
}

TEST_F(NoRouteBack, IsSilentAfterOneLook) {
    builder.has_earlier = false;
    EXPECT_THAT(findings(), IsEmpty());
}

}  // namespace
}  // namespace tcpdx::diagnosis
