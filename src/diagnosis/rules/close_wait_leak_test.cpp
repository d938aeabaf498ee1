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

TEST_F(CloseWaitLeak, MentionsOneOfAPasteThatHasNoAge) {
    leaked.age = {};
    builder.now.paste = Paste{.system = HostSystem::Linux};
    ASSERT_THAT(findings(), SizeIs(1));
    EXPECT_EQ(findings()[0].severity, Severity::Information);
}

TEST_F(CloseWaitLeak, WarnsOfManyOfAPasteBesideFewThatAreOpen) {
    leaked.age = {};
    builder.now.paste = Paste{.system = HostSystem::Linux};
    const Connection copy = leaked;
    for (int i = 0; i < 4; ++i) {
        builder.add(copy);
    }
    ASSERT_THAT(findings(), SizeIs(1));
    EXPECT_EQ(findings()[0].severity, Severity::Warning);
    EXPECT_THAT(findings()[0].connections, SizeIs(5));
}

TEST_F(CloseWaitLeak, DoesWithoutQueuesInAPasteAndSaysSo) {
    leaked.age = {};
    leaked.receive_queue.reset();
    leaked.send_queue.reset();
    builder.now.paste = Paste{.system = HostSystem::MacOs};
    ASSERT_THAT(findings(), SizeIs(1));
    EXPECT_THAT(findings()[0].evidence, SizeIs(2));  // no word about Recv-Q; and the peer
    EXPECT_THAT(findings()[0].unknown, SizeIs(2));
}

TEST_F(CloseWaitLeak, LeavesWhatAPasteShowsToBeYoung) {
    leaked.age = testing::exactly(seconds(5));
    builder.now.paste = Paste{};
    EXPECT_THAT(findings(), IsEmpty());
}

TEST_F(CloseWaitLeak, JudgesCountsWithoutRows) {
    leaked.state = TcpState::Listen;
    builder.now.paste = Paste{};
    auto& counts = builder.now.paste->state_counts;
    counts[static_cast<std::size_t>(TcpState::CloseWait)] = 4;
    EXPECT_THAT(findings(), IsEmpty());
    counts[static_cast<std::size_t>(TcpState::CloseWait)] = 710;
    counts[static_cast<std::size_t>(TcpState::Established)] = 138;
    ASSERT_THAT(findings(), SizeIs(1));
    EXPECT_EQ(findings()[0].severity, Severity::Warning);
    counts[static_cast<std::size_t>(TcpState::Established)] = 9138;
    EXPECT_EQ(findings()[0].severity, Severity::Information);
}

}  // namespace
}  // namespace tcpdx::diagnosis
