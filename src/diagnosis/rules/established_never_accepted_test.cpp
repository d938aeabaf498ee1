#include "diagnosis/rules/established_never_accepted.h"

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

class EstablishedNeverAccepted : public ::testing::Test {
protected:
    SituationBuilder builder;
    std::uint32_t api = builder.process("api");

    EstablishedNeverAccepted() {
        Connection waiting = testing::connection_in(TcpState::Established);
        waiting.owner = {.kind = OwnerKind::NeverAccepted, .process = api};
        waiting.age = testing::exactly(seconds(6));
        builder.add(waiting);
        add_listener(api, 1);
    }
    void add_listener(std::uint32_t process, std::uint32_t queue) {
        Connection listener = testing::connection_in(TcpState::Listen, process);
        listener.local.address = IpAddress::any(IpFamily::V4);
        listener.accept_queue = queue;
        listener.backlog_limit = 128;
        builder.add(listener);
    }
    Connection& waiting() { return builder.now.connections[0]; }
    Connection& listener() { return builder.now.connections[1]; }
    std::vector<Finding> findings() const { return builder.run(kEstablishedNeverAccepted); }
};

TEST_F(EstablishedNeverAccepted, NamesTheOwnerOfTheListener) {
    ASSERT_THAT(findings(), SizeIs(1));
    EXPECT_EQ(findings()[0].severity, Severity::Problem);
    EXPECT_EQ(findings()[0].claim.values[0], Value(ProgramOnPort{"api (pid 42)", 8080}));
}

TEST_F(EstablishedNeverAccepted, StaysSilentUntilTheLimit) {
    waiting().age = testing::exactly(seconds(4));
    EXPECT_THAT(findings(), IsEmpty());
}

TEST_F(EstablishedNeverAccepted, StaysSilentWhenTheAgeIsUnknown) {
    waiting().age = {};
    EXPECT_THAT(findings(), IsEmpty());
}

TEST_F(EstablishedNeverAccepted, KnowsTheAgeFromTwoLooks) {
    waiting().age = {};
    builder.second_look(seconds(10));
    builder.earlier.connections = builder.now.connections;
    EXPECT_THAT(findings(), SizeIs(1));
}

TEST_F(EstablishedNeverAccepted, LeavesAFullQueueToAcceptQueueFull) {
    listener().accept_queue = 129;
    EXPECT_THAT(findings(), IsEmpty());
}

TEST_F(EstablishedNeverAccepted, FindsTheStuckSiblingByItsQueueAndNotByTheConnectionsOwner) {
    waiting().owner.process = builder.process("worker", 43);
    add_listener(waiting().owner.process, 0);  // shares the port, and nobody waits there
    ASSERT_THAT(findings(), SizeIs(1));
    EXPECT_THAT(findings()[0].claim.text, HasSubstr("one of {1} listeners"));
    EXPECT_EQ(findings()[0].claim.values[0], Value(std::string("api (pid 42)")));
}

TEST_F(EstablishedNeverAccepted, NamesAMissingDescriptorAsTheReason) {
    builder.now.processes[api].open_descriptors = 1020;
    builder.now.processes[api].descriptor_limit = 1024;
    ASSERT_THAT(findings(), SizeIs(1));
    EXPECT_THAT(findings()[0].advice[0].text, HasSubstr("EMFILE"));
}

TEST_F(EstablishedNeverAccepted, StaysSilentWhenOnlyTheOwnerIsUnknown) {
    waiting().owner = {};
    EXPECT_THAT(findings(), IsEmpty());
}

TEST_F(EstablishedNeverAccepted, IgnoresOtherStates) {
    waiting().state = TcpState::CloseWait;
    EXPECT_THAT(findings(), IsEmpty());
}

TEST_F(EstablishedNeverAccepted, IsInformationWhenOneOfAPasteHasNoAge) {
    waiting().age = {};
    EXPECT_THAT(findings(), IsEmpty());
    builder.now.paste = Paste{.system = HostSystem::Linux};
    ASSERT_THAT(findings(), SizeIs(1));
    EXPECT_EQ(findings()[0].severity, Severity::Information);
    const Connection copy = waiting();
    builder.add(copy);
    builder.add(copy);
    EXPECT_EQ(findings()[0].severity, Severity::Warning);
}

}  // namespace
}  // namespace tcpdx::diagnosis
