#include "diagnosis/rules/fin_wait2_released.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "diagnosis/rules/situation_builder.h"

namespace tcpdx::diagnosis {
namespace {

using ::testing::IsEmpty;
using testing::SituationBuilder;
using ::testing::SizeIs;

class FinWait2Released : public ::testing::Test {
protected:
    SituationBuilder builder;
    Connection& waits = builder.add(testing::connection_in(TcpState::FinWait2));

    FinWait2Released() { builder.now.paste = Paste{.system = HostSystem::Linux}; }
    std::vector<Finding> findings() const { return builder.run(kFinWait2Released); }
};

TEST_F(FinWait2Released, IsInformationAndNeverMore) {
    for (int i = 0; i < 200; ++i) {
        builder.add(testing::connection_in(TcpState::FinWait2));
    }
    ASSERT_THAT(findings(), SizeIs(1));
    EXPECT_EQ(findings()[0].severity, Severity::Information);
    EXPECT_THAT(findings()[0].connections, SizeIs(201));
}

TEST_F(FinWait2Released, SaysWhenAProgramMayStillHoldThem) {
    ASSERT_THAT(findings(), SizeIs(1));
    EXPECT_THAT(findings()[0].unknown, SizeIs(1));
    waits.kind = SocketKind::TimeWaitSocket;
    EXPECT_THAT(findings()[0].unknown, IsEmpty());
}

TEST_F(FinWait2Released, LeavesHeldOnesToTheirOwnRule) {
    waits.owner = {.kind = OwnerKind::Process, .process = builder.process("shop-api")};
    EXPECT_THAT(findings(), IsEmpty());
    waits.owner = {};
    waits.inode = 4711;
    EXPECT_THAT(findings(), IsEmpty());
}

TEST_F(FinWait2Released, IsForPastesOnly) {
    builder.now.paste.reset();
    EXPECT_THAT(findings(), IsEmpty());
}

TEST_F(FinWait2Released, SpeaksOfCountsOnlyWhenTheyAreMany) {
    waits.state = TcpState::Established;
    builder.now.paste->state_counts[static_cast<std::size_t>(TcpState::FinWait2)] = 9;
    EXPECT_THAT(findings(), IsEmpty());
    builder.now.paste->state_counts[static_cast<std::size_t>(TcpState::FinWait2)] = 10;
    ASSERT_THAT(findings(), SizeIs(1));
    EXPECT_THAT(findings()[0].connections, IsEmpty());
}

TEST_F(FinWait2Released, KeepsToWhatWasAskedAbout) {
    builder.asked.port = 443;
    EXPECT_THAT(findings(), IsEmpty());
}

}  // namespace
}  // namespace tcpdx::diagnosis
