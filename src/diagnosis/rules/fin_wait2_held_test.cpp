#include "diagnosis/rules/fin_wait2_held.h"

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

class FinWait2Held : public ::testing::Test {
protected:
    SituationBuilder builder;

    FinWait2Held() {
        builder.add(testing::connection_in(TcpState::FinWait2, builder.process("client")));
        held().age = testing::exactly(seconds(61));
    }
    Connection& held() { return builder.now.connections[0]; }
    void add_other_end(TcpState state) {
        Connection other = testing::connection_in(state, builder.process("leaky", 7));
        std::swap(other.local, other.remote);
        builder.add(other);
    }
    std::vector<Finding> findings() const { return builder.run(kFinWait2Held); }
};

TEST_F(FinWait2Held, ListsWhyThePeerMayNotClose) {
    ASSERT_THAT(findings(), SizeIs(1));
    EXPECT_EQ(findings()[0].severity, Severity::Warning);
    EXPECT_THAT(findings()[0].candidates, SizeIs(3));
}

TEST_F(FinWait2Held, NamesWhoHoldsTheOtherEndOnThisHost) {
    add_other_end(TcpState::CloseWait);
    ASSERT_THAT(findings(), SizeIs(1));
    EXPECT_THAT(findings()[0].candidates, IsEmpty());
    EXPECT_EQ(findings()[0].advice[0].values[0], Value(std::string("leaky (pid 7)")));
}

TEST_F(FinWait2Held, KeepsTheCandidatesWhenTheOtherEndIsInAnotherState) {
    add_other_end(TcpState::LastAck);
    ASSERT_THAT(findings(), SizeIs(1));
    EXPECT_THAT(findings()[0].candidates, SizeIs(3));
}

TEST_F(FinWait2Held, KnowsAHeldSocketByItsInodeWhenTheProgramIsNotKnown) {
    held().owner = {};
    ASSERT_THAT(findings(), SizeIs(1));
    EXPECT_THAT(findings()[0].unknown, SizeIs(1));
}

TEST_F(FinWait2Held, LeavesOrphansToTheKernelsTimer) {
    held().owner = {.kind = OwnerKind::Kernel};
    EXPECT_THAT(findings(), IsEmpty());
    held().kind = SocketKind::TimeWaitSocket;
    held().inode = 0;
    EXPECT_THAT(findings(), IsEmpty());
}

TEST_F(FinWait2Held, StaysSilentWhenNothingSaysWhetherAProcessHasIt) {
    held().owner = {};
    held().inode.reset();
    EXPECT_THAT(findings(), IsEmpty());
}

TEST_F(FinWait2Held, StaysSilentUntilTheLimitOrWhenTheAgeIsUnknown) {
    held().age = testing::exactly(seconds(59));
    EXPECT_THAT(findings(), IsEmpty());
    held().age = {};
    EXPECT_THAT(findings(), IsEmpty());
}

TEST_F(FinWait2Held, StaysSilentWhileThePeerStillSendsItsAnswer) {
    held().tcp = TcpDetails{.last_data_received_ms = 500, .bytes_received = 9000};
    EXPECT_THAT(findings(), IsEmpty());
}

TEST_F(FinWait2Held, IgnoresOtherStates) {
    held().state = TcpState::FinWait1;
    EXPECT_THAT(findings(), IsEmpty());
}

TEST_F(FinWait2Held, MentionsOneOfAPasteThatHasNoAge) {
    held().age = {};
    EXPECT_THAT(findings(), IsEmpty());
    builder.now.paste = Paste{.system = HostSystem::Linux};
    ASSERT_THAT(findings(), SizeIs(1));
    EXPECT_EQ(findings()[0].severity, Severity::Information);
    const Connection copy = held();
    for (std::size_t i = 1; i < builder.limits.many_closing; ++i) {
        builder.add(copy);
    }
    EXPECT_EQ(findings()[0].severity, Severity::Warning);
}

}  // namespace
}  // namespace tcpdx::diagnosis
