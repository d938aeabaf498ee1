#include "diagnosis/rules/data_unread.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "diagnosis/rules/situation_builder.h"

namespace tcpdx::diagnosis {
namespace {

using std::chrono::seconds;
using ::testing::IsEmpty;
using testing::SituationBuilder;
using ::testing::SizeIs;

class DataUnread : public ::testing::Test {
protected:
    SituationBuilder builder;
    Connection& unread =
        builder.add(testing::connection_in(TcpState::Established, builder.process("kafka")));

    DataUnread() {
        unread.opener = Opener::Passive;
        unread.receive_queue = 100;
        unread.cookie = 1;
        unread.tcp = TcpDetails{.last_data_received_ms = 11000, .bytes_received = 1100};
    }
    std::vector<Finding> findings() const { return builder.run(kDataUnread); }
};

TEST_F(DataUnread, BlamesTheProgramThatDoesNotReadOldData) {
    ASSERT_THAT(findings(), SizeIs(1));
    EXPECT_EQ(findings()[0].severity, Severity::Problem);
    EXPECT_EQ(findings()[0].since.lower, seconds(11));
    EXPECT_THAT(findings()[0].candidates, SizeIs(3));
}

TEST_F(DataUnread, StaysSilentUntilTheLimit) {
    unread.tcp->last_data_received_ms = 9000;
    EXPECT_THAT(findings(), IsEmpty());
}

TEST_F(DataUnread, StaysSilentWhenNothingSaysHowOldTheDataIs) {
    unread.tcp.reset();
    EXPECT_THAT(findings(), IsEmpty());
}

TEST_F(DataUnread, StaysSilentWhenEverythingIsReadOrTheQueueIsUnknown) {
    unread.receive_queue = 0;
    EXPECT_THAT(findings(), IsEmpty());
    unread.receive_queue.reset();
    EXPECT_THAT(findings(), IsEmpty());
}

TEST_F(DataUnread, SeesThatNothingWasReadBetweenTwoLooksThoughDataKeepsComing) {
    builder.second_look(seconds(10));
    builder.earlier.connections = builder.now.connections;
    unread.tcp->last_data_received_ms = 5;
    unread.tcp->bytes_received = 1500;
    unread.receive_queue = 500;
    EXPECT_THAT(findings(), SizeIs(1));
}

TEST_F(DataUnread, StaysSilentWhenTheProgramReadBetweenTwoLooks) {
    builder.second_look(seconds(10));
    builder.earlier.connections = builder.now.connections;
    unread.tcp->last_data_received_ms = 5;
    unread.tcp->bytes_received = 1500;  // and still 100 in the queue
    EXPECT_THAT(findings(), IsEmpty());
}

TEST_F(DataUnread, OnlyWarnsOfAClient) {
    unread.opener = Opener::Active;
    ASSERT_THAT(findings(), SizeIs(1));
    EXPECT_EQ(findings()[0].severity, Severity::Warning);
}

TEST_F(DataUnread, LeavesNeverAcceptedOnesToTheirOwnRule) {
    unread.owner.kind = OwnerKind::NeverAccepted;
    EXPECT_THAT(findings(), IsEmpty());
}

TEST_F(DataUnread, IgnoresOtherStates) {
    unread.state = TcpState::CloseWait;
    EXPECT_THAT(findings(), IsEmpty());
}

TEST_F(DataUnread, MentionsMuchInAPasteThatHasNoAge) {
    unread.tcp.reset();
    unread.receive_queue = 41480;
    builder.now.paste = Paste{.system = HostSystem::Linux};
    ASSERT_THAT(findings(), SizeIs(1));
    EXPECT_EQ(findings()[0].severity, Severity::Information);
    unread.receive_queue = 400;
    EXPECT_THAT(findings(), IsEmpty());
}

TEST_F(DataUnread, WarnsOfSeveralOfAPasteWithMuch) {
    unread.tcp.reset();
    unread.receive_queue = 41480;
    builder.now.paste = Paste{.system = HostSystem::Linux};
    const Connection copy = unread;
    builder.now.connections.push_back(copy);
    builder.now.connections.push_back(copy);
    ASSERT_THAT(findings(), SizeIs(1));
    EXPECT_EQ(findings()[0].severity, Severity::Warning);
}

TEST_F(DataUnread, WarnsWhenTheSenderInTheSamePasteIsBlocked) {
    unread.tcp.reset();
    unread.receive_queue = 50'224;
    builder.now.paste = Paste{.system = HostSystem::Linux};
    Connection sender = unread;
    std::swap(sender.local, sender.remote);
    sender.receive_queue = 0;
    sender.timer = Timer{.kind = TimerKind::ZeroWindow};
    builder.now.connections.push_back(sender);
    ASSERT_THAT(findings(), SizeIs(1));
    EXPECT_EQ(findings()[0].severity, Severity::Warning);
}

}  // namespace
}  // namespace tcpdx::diagnosis
