#include "diagnosis/rules/idle_without_keepalive.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "diagnosis/rules/situation_builder.h"

namespace tcpdx::diagnosis {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using ::testing::IsEmpty;
using testing::SituationBuilder;
using ::testing::SizeIs;

class IdleWithoutKeepalive : public ::testing::Test {
protected:
    SituationBuilder builder;

    IdleWithoutKeepalive() {
        builder.now.connections.reserve(4);
        Connection& connection =
            builder.add(testing::connection_in(TcpState::Established, builder.process("shop")));
        connection.timer = Timer{};
        connection.tcp.emplace();
        connection.tcp->last_data_sent_ms = milliseconds(hours(2)).count();
        connection.tcp->last_data_received_ms = milliseconds(hours(3)).count();
    }
    Connection& idle() { return builder.now.connections.front(); }
    std::vector<Finding> findings() const { return builder.run(kIdleWithoutKeepalive); }
};

TEST_F(IdleWithoutKeepalive, IsARiskAndNoMore) {
    ASSERT_THAT(findings(), SizeIs(1));
    EXPECT_EQ(findings()[0].severity, Severity::Information);
}

TEST_F(IdleWithoutKeepalive, IsSilentUntilTheLimit) {
    idle().tcp->last_data_sent_ms -= 1000;
    EXPECT_THAT(findings(), IsEmpty());
}

TEST_F(IdleWithoutKeepalive, IsSilentWithKeepalive) {
    idle().timer->kind = TimerKind::Keepalive;
    EXPECT_THAT(findings(), IsEmpty());
}

TEST_F(IdleWithoutKeepalive, IsSilentWhenTheTimerIsUnknown) {
    idle().timer.reset();
    EXPECT_THAT(findings(), IsEmpty());
}

TEST_F(IdleWithoutKeepalive, IsSilentWhenTheIdleTimeIsUnknown) {
    idle().tcp.reset();
    idle().age = testing::exactly(hours(5));  // how long it exists is another thing
    EXPECT_THAT(findings(), IsEmpty());
}

TEST_F(IdleWithoutKeepalive, LeavesOutConnectionsWithinThisHost) {
    idle().remote.address = *parse_ip_address("127.0.0.1");
    EXPECT_THAT(findings(), IsEmpty());
    idle().remote.address = idle().local.address;
    EXPECT_THAT(findings(), IsEmpty());
}

TEST_F(IdleWithoutKeepalive, LeavesNeverAcceptedOnesToTheirOwnRule) {
    idle().owner.kind = OwnerKind::NeverAccepted;
    EXPECT_THAT(findings(), IsEmpty());
}

TEST_F(IdleWithoutKeepalive, SpeaksOnceForAllPrograms) {
    Connection other = idle();
    other.owner.process = builder.process("cache", 43);
    builder.add(other);
    ASSERT_THAT(findings(), SizeIs(1));
    EXPECT_THAT(findings()[0].connections, SizeIs(2));
}

TEST_F(IdleWithoutKeepalive, IgnoresOtherStates) {
    idle().state = TcpState::CloseWait;
    EXPECT_THAT(findings(), IsEmpty());
}

}  // namespace
}  // namespace tcpdx::diagnosis
