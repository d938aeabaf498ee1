#include "diagnosis/rules/conntrack_near_full.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "diagnosis/rules/situation_builder.h"

namespace tcpdx::diagnosis {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::SituationBuilder;
using ::testing::SizeIs;

class ConntrackNearFull : public ::testing::Test {
protected:
    SituationBuilder builder;

    ConntrackNearFull() {
        Conntrack table;
        table.count = 10;
        table.maximum = 100;
        table.insert_failed = table.drop = table.early_drop = 5;
        builder.second_look();
        builder.now.conntrack = builder.earlier.conntrack = table;
    }
    std::vector<Finding> findings() const { return builder.run(kConntrackNearFull); }
};

TEST_F(ConntrackNearFull, StaysSilentWhileThereIsRoom) {
    EXPECT_THAT(findings(), IsEmpty());
}

TEST_F(ConntrackNearFull, WarnsWhenMostOfTheTableIsUsed) {
    builder.now.conntrack->count = 80;
    ASSERT_THAT(findings(), SizeIs(1));
    EXPECT_EQ(findings()[0].severity, Severity::Warning);
}

TEST_F(ConntrackNearFull, IsAProblemWhenItIsFull) {
    builder.now.conntrack->count = 95;
    ASSERT_THAT(findings(), SizeIs(1));
    EXPECT_EQ(findings()[0].severity, Severity::Problem);
}

TEST_F(ConntrackNearFull, IsAProblemWhenEntriesAreEvicted) {
    builder.now.conntrack->early_drop = 6;
    ASSERT_THAT(findings(), SizeIs(1));
    EXPECT_EQ(findings()[0].severity, Severity::Problem);
    EXPECT_THAT(findings()[0].claim.text, HasSubstr("full"));
}

TEST_F(ConntrackNearFull, LeavesOpenWhyInsertingFails) {
    builder.now.conntrack->insert_failed = 9;
    ASSERT_THAT(findings(), SizeIs(1));
    EXPECT_EQ(findings()[0].severity, Severity::Warning);
    EXPECT_THAT(findings()[0].candidates, SizeIs(2));
}

TEST_F(ConntrackNearFull, IsAProblemWhenFailedInsertsDropPackets) {
    builder.now.conntrack->insert_failed = 9;
    builder.now.conntrack->drop = 9;
    EXPECT_EQ(findings()[0].severity, Severity::Problem);
}

TEST_F(ConntrackNearFull, KnowsNoGrowthFromOneLook) {
    builder.has_earlier = false;
    EXPECT_THAT(findings(), IsEmpty());
}

TEST_F(ConntrackNearFull, StaysSilentWithoutTheTable) {
    builder.now.conntrack.reset();
    EXPECT_THAT(findings(), IsEmpty());
}

TEST_F(ConntrackNearFull, StaysSilentWhenTheMaximumIsUnknown) {
    builder.now.conntrack->count = 99;
    builder.now.conntrack->maximum.reset();
    EXPECT_THAT(findings(), IsEmpty());
}

}  // namespace
}  // namespace tcpdx::diagnosis
