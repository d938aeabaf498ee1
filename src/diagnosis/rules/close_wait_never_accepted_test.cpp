#include "diagnosis/rules/close_wait_never_accepted.h"

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

class CloseWaitNeverAccepted : public ::testing::Test {
protected:
    SituationBuilder builder;
    std::uint32_t kestrel = builder.process("kestrel");

    CloseWaitNeverAccepted() {
        Connection listener = testing::connection_in(TcpState::Listen, kestrel);
        listener.local.address = IpAddress::any(IpFamily::V6);
        listener.accept_queue = 1;
        listener.backlog_limit = 128;
        builder.add(listener);
        Connection given_up = testing::connection_in(TcpState::CloseWait);
        given_up.owner = {.kind = OwnerKind::NeverAccepted, .process = kestrel};
        given_up.receive_queue = 258;
        given_up.age = testing::exactly(seconds(61));
        builder.add(given_up);
    }
    Connection& listener() { return builder.now.connections[0]; }
    Connection& given_up() { return builder.now.connections[1]; }
    std::vector<Finding> findings() const { return builder.run(kCloseWaitNeverAccepted); }
};

TEST_F(CloseWaitNeverAccepted, PointsAtTheListenerAndNotAtAMissingClose) {
    ASSERT_THAT(findings(), SizeIs(1));
    EXPECT_EQ(findings()[0].severity, Severity::Problem);
    EXPECT_EQ(findings()[0].claim.values[0], Value(std::string("kestrel (pid 42)")));
    EXPECT_THAT(findings()[0].advice[0].text, HasSubstr("Do not look for a missing close()"));
}

TEST_F(CloseWaitNeverAccepted, StaysSilentUntilTheLimit) {
    given_up().age = testing::exactly(seconds(4));
    EXPECT_THAT(findings(), IsEmpty());
}

TEST_F(CloseWaitNeverAccepted, StaysSilentWhenTheAgeIsUnknownAndTheQueueHasRoom) {
    given_up().age = {};
    EXPECT_THAT(findings(), IsEmpty());
}

TEST_F(CloseWaitNeverAccepted, NeedsNoAgeWhenTheQueueIsFull) {
    given_up().age = {};
    listener().accept_queue = 129;
    EXPECT_THAT(findings(), SizeIs(1));
}

TEST_F(CloseWaitNeverAccepted, LeavesConnectionsOfAProgramToTheirOwnRules) {
    given_up().owner = {.kind = OwnerKind::Process, .process = kestrel};
    EXPECT_THAT(findings(), IsEmpty());
    given_up().owner = {};
    EXPECT_THAT(findings(), IsEmpty());
}

TEST_F(CloseWaitNeverAccepted, LeavesOutConnectionsThatThisHostOpened) {
    given_up().opener = Opener::Active;
    EXPECT_THAT(findings(), IsEmpty());
}

TEST_F(CloseWaitNeverAccepted, SaysWhenTheListenerIsNotInTheListing) {
    listener().local.port = 1;
    ASSERT_THAT(findings(), SizeIs(1));
    EXPECT_THAT(findings()[0].unknown, SizeIs(1));
}

TEST_F(CloseWaitNeverAccepted, IgnoresOtherStates) {
    given_up().state = TcpState::Established;
    EXPECT_THAT(findings(), IsEmpty());
}

TEST_F(CloseWaitNeverAccepted, IsInformationWhenOneOfAPasteHasNoAge) {
    given_up().age = {};
    EXPECT_THAT(findings(), IsEmpty());
    builder.now.paste = Paste{.system = HostSystem::Linux};
    ASSERT_THAT(findings(), SizeIs(1));
    EXPECT_EQ(findings()[0].severity, Severity::Information);
}

TEST_F(CloseWaitNeverAccepted, WarnsWhenSeveralOfAPasteHaveNoAge) {
    builder.now.paste = Paste{.system = HostSystem::Linux};
    given_up().age = {};
    const Connection copy = given_up();
    builder.add(copy);
    builder.add(copy);
    ASSERT_THAT(findings(), SizeIs(1));
    EXPECT_EQ(findings()[0].severity, Severity::Warning);
}

}  // namespace
}  // namespace tcpdx::diagnosis
