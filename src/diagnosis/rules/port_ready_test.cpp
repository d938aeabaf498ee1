#include "diagnosis/rules/port_ready.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "diagnosis/rules/situation_builder.h"

namespace tcpdx::diagnosis {
namespace {

using ::testing::IsEmpty;
using testing::SituationBuilder;
using ::testing::SizeIs;

class PortReady : public ::testing::Test {
protected:
    SituationBuilder builder;
    std::uint32_t nginx = builder.process("nginx");

    PortReady() {
        builder.asked.port = 8080;
        Connection& listener = builder.add(testing::connection_in(TcpState::Listen, nginx));
        listener.local.address = IpAddress::any(IpFamily::V4);
        listener.accept_queue = 0;
        listener.backlog_limit = 128;
        listener.cookie = 1;
    }
    Connection& listener() { return builder.now.connections.front(); }
    std::vector<Finding> findings() const { return builder.run(kPortReady); }
};

TEST_F(PortReady, SaysThatThePortIsReadyAndWhatMayStillKeepClientsOut) {
    ASSERT_THAT(findings(), SizeIs(1));
    EXPECT_EQ(findings()[0].severity, Severity::Information);
    EXPECT_THAT(findings()[0].candidates, SizeIs(4));
}

TEST_F(PortReady, NeedsNoCandidatesOnceConnectionsArrive) {
    builder.second_look();
    builder.earlier.connections = builder.now.connections;
    Connection arrived = testing::connection_in(TcpState::Established, nginx);
    arrived.opener = Opener::Passive;
    arrived.cookie = 2;
    builder.add(arrived);
    ASSERT_THAT(findings(), SizeIs(1));
    EXPECT_THAT(findings()[0].candidates, IsEmpty());
}

TEST_F(PortReady, DoesNotCallAHalfOpenOneAConnectionThatCameIn) {
    builder.second_look();
    builder.earlier.connections = builder.now.connections;
    Connection request = testing::connection_in(TcpState::SynReceived);
    request.cookie = 2;
    builder.add(request);
    ASSERT_THAT(findings(), SizeIs(1));
    ASSERT_THAT(findings()[0].evidence, SizeIs(2));
    EXPECT_THAT(findings()[0].evidence[1].fact.text, ::testing::HasSubstr("not complete"));
}

TEST_F(PortReady, ThinksOfConnectionsThatCameAndWentBetweenTheLooks) {
    builder.counter("TcpPassiveOpens", 0, 50);
    builder.earlier.connections = builder.now.connections;
    EXPECT_THAT(findings()[0].candidates, SizeIs(5));
}

TEST_F(PortReady, IsSilentUnlessAPortIsAskedAbout) {
    builder.asked.port.reset();
    EXPECT_THAT(findings(), IsEmpty());
}

TEST_F(PortReady, IsSilentWhenTheQueueIsFullOrNotKnown) {
    listener().accept_queue = 129;
    EXPECT_THAT(findings(), IsEmpty());
    listener().accept_queue = 0;
    listener().backlog_limit.reset();
    EXPECT_THAT(findings(), IsEmpty());
}

TEST_F(PortReady, IsSilentWhenOnlyLoopbackListens) {
    listener().local.address = *parse_ip_address("127.0.0.1");
    EXPECT_THAT(findings(), IsEmpty());
}

TEST_F(PortReady, IsSilentWhenNothingListens) {
    listener().state = TcpState::Established;
    EXPECT_THAT(findings(), IsEmpty());
}

}  // namespace
}  // namespace tcpdx::diagnosis
