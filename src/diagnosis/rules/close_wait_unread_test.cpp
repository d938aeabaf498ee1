#include "diagnosis/rules/close_wait_unread.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "diagnosis/rules/situation_builder.h"

namespace tcpdx::diagnosis {
namespace {

using std::chrono::seconds;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::SituationBuilder;
using ::testing::SizeIs;

class CloseWaitUnread : public ::testing::Test {
protected:
    SituationBuilder builder;
    std::uint32_t java = builder.process("java");

    CloseWaitUnread() { add(); }
    void add() {
        Connection unread = testing::connection_in(TcpState::CloseWait, java);
        unread.receive_queue = 1;
        unread.age = testing::exactly(seconds(61));
        unread.opener = Opener::Passive;
        builder.add(unread);
    }
    Connection& unread() { return builder.now.connections.front(); }
    std::vector<Finding> findings() const { return builder.run(kCloseWaitUnread); }
};

TEST_F(CloseWaitUnread, KnowsThatOneByteIsTheFin) {
    ASSERT_THAT(findings(), SizeIs(1));
    EXPECT_EQ(findings()[0].severity, Severity::Problem);
    EXPECT_THAT(findings()[0].claim.text, HasSubstr("only the FIN unread"));
}

TEST_F(CloseWaitUnread, TellsUnreadDataFromAnUnreadFin) {
    unread().receive_queue = 248;
    add();
    ASSERT_THAT(findings(), SizeIs(1));
    EXPECT_THAT(findings()[0].claim.text, HasSubstr("with data unread"));
    EXPECT_EQ(findings()[0].claim.values[2], Value(std::int64_t{1}));
    EXPECT_EQ(findings()[0].evidence[2].fact.values[1], Value(Bytes{247}));
}

TEST_F(CloseWaitUnread, StaysSilentUntilTheLimit) {
    unread().age = testing::exactly(seconds(59));
    EXPECT_THAT(findings(), IsEmpty());
}

TEST_F(CloseWaitUnread, StaysSilentWhenTheAgeIsUnknown) {
    unread().age = {};
    EXPECT_THAT(findings(), IsEmpty());
}

TEST_F(CloseWaitUnread, StaysSilentWhenTheQueueIsUnknown) {
    unread().receive_queue.reset();
    EXPECT_THAT(findings(), IsEmpty());
}

TEST_F(CloseWaitUnread, LeavesAnEmptyQueueToCloseWaitLeak) {
    unread().receive_queue = 0;
    EXPECT_THAT(findings(), IsEmpty());
}

TEST_F(CloseWaitUnread, LeavesNeverAcceptedOnesToTheirOwnRule) {
    unread().owner.kind = OwnerKind::NeverAccepted;
    EXPECT_THAT(findings(), IsEmpty());
}

TEST_F(CloseWaitUnread, TakesAFewOfAClientForAnIdlePool) {
    unread().opener = Opener::Active;
    ASSERT_THAT(findings(), SizeIs(1));
    EXPECT_EQ(findings()[0].severity, Severity::Information);
}

TEST_F(CloseWaitUnread, DoesNotTakeManyForAnIdlePool) {
    unread().opener = Opener::Active;
    for (std::size_t i = 1; i < builder.limits.many_pooled; ++i) {
        add();
        builder.now.connections.back().opener = Opener::Active;
    }
    ASSERT_THAT(findings(), SizeIs(1));
    EXPECT_EQ(findings()[0].severity, Severity::Problem);
}

TEST_F(CloseWaitUnread, IgnoresOtherStates) {
    unread().state = TcpState::Established;
    EXPECT_THAT(findings(), IsEmpty());
}

TEST_F(CloseWaitUnread, MentionsOneOfAPasteThatHasNoAge) {
    unread().age = {};
    EXPECT_THAT(findings(), IsEmpty());
    builder.now.paste = Paste{.system = HostSystem::Linux};
    ASSERT_THAT(findings(), SizeIs(1));
    EXPECT_EQ(findings()[0].severity, Severity::Information);
    EXPECT_THAT(findings()[0].evidence[1].fact.text, HasSubstr("the peer's FIN"));
}

TEST_F(CloseWaitUnread, WarnsOfAServerOfAPasteThatReadsFromNobody) {
    builder.now.paste = Paste{.system = HostSystem::Linux};
    for (int i = 0; i < 4; ++i) {
        add();
    }
    for (Connection& each : builder.now.connections) {
        each.age = {};
        each.receive_queue = 248;
    }
    ASSERT_THAT(findings(), SizeIs(1));
    EXPECT_EQ(findings()[0].severity, Severity::Warning);
}

TEST_F(CloseWaitUnread, CountsNoFinOnSystemsThatDoNotCountIt) {
    unread().age = {};
    unread().receive_queue = 31;
    builder.now.paste = Paste{.system = HostSystem::MacOs};
    ASSERT_THAT(findings(), SizeIs(1));
    EXPECT_EQ(findings()[0].evidence[1].fact.values[1], Value(Bytes{31}));
}

TEST_F(CloseWaitUnread, SaysWhenTheyMayNotBeAcceptedAtAll) {
    unread().age = {};
    unread().owner = {};
    builder.now.paste = Paste{.system = HostSystem::Linux};
    ASSERT_THAT(findings(), SizeIs(1));
    EXPECT_THAT(findings()[0].unknown, SizeIs(3));
}

}  // namespace
}  // namespace tcpdx::diagnosis
