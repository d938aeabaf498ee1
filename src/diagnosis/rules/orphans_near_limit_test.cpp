#include "diagnosis/rules/orphans_near_limit.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "diagnosis/rules/situation_builder.h"

namespace tcpdx::diagnosis {
namespace {

using ::testing::IsEmpty;
using testing::SituationBuilder;
using ::testing::SizeIs;

class OrphansNearLimit : public ::testing::Test {
protected:
    SituationBuilder builder;

    OrphansNearLimit() {
        builder.now.totals.orphans = 80;
        builder.now.options.set("net.ipv4.tcp_max_orphans", "100");
    }
    std::vector<Finding> findings() const { return builder.run(kOrphansNearLimit); }
};

TEST_F(OrphansNearLimit, WarnsWhenMostOfTheLimitIsUsed) {
    ASSERT_THAT(findings(), SizeIs(1));
    EXPECT_EQ(findings()[0].severity, Severity::Warning);
}

TEST_F(OrphansNearLimit, IsAProblemAtTheLimit) {
    builder.now.totals.orphans = 100;
    ASSERT_THAT(findings(), SizeIs(1));
    EXPECT_EQ(findings()[0].severity, Severity::Problem);
}

TEST_F(OrphansNearLimit, StaysSilentBelow) {
    builder.now.totals.orphans = 79;
    EXPECT_THAT(findings(), IsEmpty());
}

TEST_F(OrphansNearLimit, StaysSilentWhenTheTotalIsUnknown) {
    builder.now.totals.orphans.reset();
    EXPECT_THAT(findings(), IsEmpty());
}

TEST_F(OrphansNearLimit, StaysSilentWhenTheLimitIsUnknown) {
    builder.now.options = {};
    EXPECT_THAT(findings(), IsEmpty());
}

TEST_F(OrphansNearLimit, NamesOnlyOrphansThatWaitForAnAck) {
    builder.add(testing::connection_in(TcpState::LastAck)).owner.kind = OwnerKind::Kernel;
    builder.add(testing::connection_in(TcpState::TimeWait)).owner.kind = OwnerKind::Kernel;
    builder.add(testing::connection_in(TcpState::FinWait1, builder.process("shop")));
    ASSERT_THAT(findings(), SizeIs(1));
    EXPECT_THAT(findings()[0].connections, ::testing::ElementsAre(0U));
}

TEST_F(OrphansNearLimit, SaysNothingAboutASingleProcess) {
    builder.asked.pid = 42;
    EXPECT_THAT(findings(), IsEmpty());
}

}  // namespace
}  // namespace tcpdx::diagnosis
