#include "diagnosis/rules/close_wait_leak.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "diagnosis/rules/situation_builder.h"

namespace tcpdx::diagnosis {
namespace {

using std::chrono::seconds;
using ::testing::IsEmpty;
using testing::SituationBuilder;
using ::testing::SizeIs;

class CloseWaitLeak : public ::testing::Test {
protected:
    SituationBuilder builder;
    Connection& leaked =
        builder.add(testing::connection_in(TcpState::CloseWait, builder.process("shop-api")));

    CloseWaitLeak() { leaked.age = testing::exactly(seconds(61)); }
    std::vector<Finding> findings() const { return builder.run(kCloseWaitLeak); }
};

TEST_F(CloseWaitLeak, BlamesAProgramThatHasReadEverything) {
    ASSERT_THAT(findings(), SizeIs(1));
    EXPECT_EQ(findings()[0].severity, Severity::Problem);
    EXPECT_THAT(findings()[0].unknown, IsEmpty());
    EXPECT_THAT(findings()[0].connections, SizeIs(1));
}

TEST_F(CloseWaitLeak, StaysSilentUntilTheLimit) {
    leaked.age = testing::exactly(seconds(59));
    EXPECT_THAT(findings(), IsEmpty());
}

TEST_F(CloseWaitLeak, StaysSilentWhenTheAgeIsUnknown) {
    leaked.age = {};
    EXPECT_THAT(findings(), IsEmpty());
}

TEST_F(CloseWaitLeak, StaysSilentWhenTheQueueIsUnknown) {
    leaked.receive_queue.reset();
    EXPECT_THAT(findings(), IsEmpty());
}

TEST_F(CloseWaitLeak, LeavesUnreadDataToItsOwnRule) {
    leaked.receive_queue = 1;
    EXPECT_THAT(findings(), IsEmpty());
}

TEST_F(CloseWaitLeak, StaysSilentWhileAnAnswerIsBeingSent) {
    leaked.send_queue = 1000;
    EXPECT_THAT(findings(), IsEmpty());
}

TEST_F(CloseWaitLeak, StaysSilentWhenTheSendQueueIsUnknown) {
    leaked.send_queue.reset();
    EXPECT_THAT(findings(), IsEmpty());
}

TEST_F(CloseWaitLeak, StaysSilentWhenTheProgramAnsweredOfLate) {
    leaked.tcp = TcpDetails{.last_data_sent_ms = 1000, .data_segments_out = 9};
    EXPECT_THAT(findings(), IsEmpty());
    leaked.tcp->last_data_sent_ms = 3'600'000;
    EXPECT_THAT(findings(), SizeIs(1));
}

TEST_F(CloseWaitLeak, KnowsTheAgeFromTwoLooks) {
    leaked.age = {};
    builder.second_look(seconds(61));
    builder.earlier.connections = builder.now.connections;
    EXPECT_THAT(findings(), SizeIs(1));
}

TEST_F(CloseWaitLeak, OnlyWarnsOfAFewThatAClientHolds) {
    leaked.opener = Opener::Active;
    ASSERT_THAT(findings(), SizeIs(1));
    EXPECT_EQ(findings()[0].severity, Severity::Warning);
}

TEST_F(CloseWaitLeak, LeavesNeverAcceptedOnesToTheirOwnRule) {
    leaked.owner.kind = OwnerKind::NeverAccepted;
    EXPECT_THAT(findings(), IsEmpty());
}

TEST_F(CloseWaitLeak, SaysWhenTheProgramIsNotKnown) {
    leaked.owner = {};
    ASSERT_THAT(findings(), SizeIs(1));
    EXPECT_THAT(findings()[0].unknown, SizeIs(1));
}

TEST_F(CloseWaitLeak, IgnoresOtherStates) {
    leaked.state = TcpState::Established;
    EXPECT_THAT(findings(), IsEmpty());
}

}  // namespace
}  // namespace tcpdx::diagnosis
