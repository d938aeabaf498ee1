#include "diagnosis/rules/descriptors_near_limit.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "diagnosis/rules/situation_builder.h"

namespace tcpdx::diagnosis {
namespace {

using ::testing::IsEmpty;
using testing::SituationBuilder;
using ::testing::SizeIs;

class DescriptorsNearLimit : public ::testing::Test {
protected:
    SituationBuilder builder;
    std::uint32_t nginx = builder.process("nginx");

    DescriptorsNearLimit() {
        process().open_descriptors = 820;
        process().descriptor_limit = 1024;
        builder.add(testing::connection_in(TcpState::Established, nginx));
    }
    Process& process() { return builder.now.processes[nginx]; }
    std::vector<Finding> findings() const { return builder.run(kDescriptorsNearLimit); }
};

TEST_F(DescriptorsNearLimit, WarnsWhenMostOfTheLimitIsUsed) {
    ASSERT_THAT(findings(), SizeIs(1));
    EXPECT_EQ(findings()[0].severity, Severity::Warning);
    EXPECT_THAT(findings()[0].connections, SizeIs(1));
}

TEST_F(DescriptorsNearLimit, IsAProblemAtTheLimit) {
    process().open_descriptors = 1024;
    ASSERT_THAT(findings(), SizeIs(1));
    EXPECT_EQ(findings()[0].severity, Severity::Problem);
}

TEST_F(DescriptorsNearLimit, StaysSilentBelow) {
    process().open_descriptors = 819;
    EXPECT_THAT(findings(), IsEmpty());
}

TEST_F(DescriptorsNearLimit, StaysSilentWhenEitherNumberIsUnknown) {
    process().open_descriptors.reset();
    EXPECT_THAT(findings(), IsEmpty());
    process().open_descriptors = 1024;
    process().descriptor_limit.reset();
    EXPECT_THAT(findings(), IsEmpty());
}

TEST_F(DescriptorsNearLimit, LeavesProgramsAloneThatLockThemselvesIn) {
    process().descriptor_limit = 1;
    process().open_descriptors = 9;
    EXPECT_THAT(findings(), IsEmpty());
}

TEST_F(DescriptorsNearLimit, CountsConnectionsThatWereNeverAccepted) {
    const std::size_t without = findings()[0].evidence.size();
    Connection waiting = testing::connection_in(TcpState::Established);
    waiting.owner = {.kind = OwnerKind::NeverAccepted, .process = nginx};
    builder.add(waiting);
    EXPECT_THAT(findings()[0].evidence, SizeIs(without + 1));
}

TEST_F(DescriptorsNearLimit, SpeaksOnlyOfTheProcessAskedAbout) {
    builder.asked.pid = 43;
    EXPECT_THAT(findings(), IsEmpty());
    builder.asked.pid = 42;
    EXPECT_THAT(findings(), SizeIs(1));
}

}  // namespace
}  // namespace tcpdx::diagnosis
