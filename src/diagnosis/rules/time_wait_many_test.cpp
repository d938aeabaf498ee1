#include "diagnosis/rules/time_wait_many.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "diagnosis/rules/situation_builder.h"

namespace tcpdx::diagnosis {
namespace {

using ::testing::IsEmpty;
using testing::SituationBuilder;
using ::testing::SizeIs;

class TimeWaitMany : public ::testing::Test {
protected:
    SituationBuilder builder;

    TimeWaitMany() {
        builder.limits.many_time_wait = 10;
        builder.asked.explain_harmless = true;
        builder.now.options.set("net.ipv4.ip_local_port_range", "32768 60999");
        for (std::uint16_t i = 0; i < 10; ++i) {
            builder.add(testing::connection_in(TcpState::TimeWait)).remote.port =
                static_cast<std::uint16_t>(40000 + i);
        }
    }
    std::vector<Finding> findings() const { return builder.run(kTimeWaitMany); }
};

TEST_F(TimeWaitMany, AreHarmless) {
    ASSERT_THAT(findings(), SizeIs(1));
    EXPECT_EQ(findings()[0].severity, Severity::Information);
    EXPECT_THAT(findings()[0].connections, SizeIs(10));
}

TEST_F(TimeWaitMany, AreNotMentionedUnlessAskedAbout) {
    builder.asked.explain_harmless = false;
    EXPECT_THAT(findings(), IsEmpty());
    builder.asked.port = 8080;
    EXPECT_THAT(findings(), SizeIs(1));
}

TEST_F(TimeWaitMany, AreNotMentionedWhenTheyAreFew) {
    builder.now.connections.pop_back();
    EXPECT_THAT(findings(), IsEmpty());
}

TEST_F(TimeWaitMany, AreNotOtherStates) {
    builder.now.connections.back().state = TcpState::FinWait2;
    EXPECT_THAT(findings(), IsEmpty());
}

TEST_F(TimeWaitMany, AreNotHarmlessWhenTheyUseUpTheSourcePorts) {
    builder.now.options.set("net.ipv4.ip_local_port_range", "40000 40009");
    for (Connection& connection : builder.now.connections) {
        std::swap(connection.local.port, connection.remote.port);
    }
    EXPECT_THAT(findings(), IsEmpty());
}

TEST_F(TimeWaitMany, AreNotHarmlessWhenTheirLimitIsNear) {
    builder.now.totals.time_wait = 10;
    builder.now.options.set("net.ipv4.tcp_max_tw_buckets", "12");
    EXPECT_THAT(findings(), IsEmpty());
}

TEST_F(TimeWaitMany, SayOnWhichPortTheServerClosesFirst) {
    const std::size_t without = findings()[0].evidence.size();
    builder.add(testing::connection_in(TcpState::Listen));
    EXPECT_GT(findings()[0].evidence.size(), without - 1);
    EXPECT_THAT(findings()[0].evidence.back().check, ::testing::HasSubstr("sport = :8080"));
}

TEST_F(TimeWaitMany, SayWhenTheSourcePortsAreNotKnown) {
    builder.now.options = {};
    ASSERT_THAT(findings(), SizeIs(1));
    EXPECT_THAT(findings()[0].unknown, SizeIs(1));
}

TEST_F(TimeWaitMany, AreExplainedInAPasteWhenMoreHaveEndedThanAreOpen) {
    builder.asked.explain_harmless = false;
    builder.limits.many_time_wait = 1000;
    builder.now.paste = Paste{.system = HostSystem::Linux};
    EXPECT_THAT(findings(), SizeIs(1));
    for (int i = 0; i < 10; ++i) {
        builder.add(testing::connection_in(TcpState::Established));
    }
    EXPECT_THAT(findings(), IsEmpty());
}

TEST_F(TimeWaitMany, AreExplainedInAPasteOfCounts) {
    builder.now.connections.clear();
    builder.now.paste = Paste{.system = HostSystem::Linux};
    builder.now.paste->state_counts[static_cast<std::size_t>(TcpState::TimeWait)] = 89'262;
    ASSERT_THAT(findings(), SizeIs(1));
    EXPECT_EQ(findings()[0].severity, Severity::Information);
    EXPECT_THAT(findings()[0].connections, IsEmpty());
}

TEST_F(TimeWaitMany, AreNotCalledHarmlessWhereTheirNumberIsThatOfTheSourcePorts) {
    builder.now.connections.clear();
    builder.now.options = {};
    builder.now.paste = Paste{.system = HostSystem::Linux};
    auto& count = builder.now.paste->state_counts[static_cast<std::size_t>(TcpState::TimeWait)];
    count = 28'230;
    EXPECT_THAT(findings(), IsEmpty());
    count = 20'000;
    EXPECT_THAT(findings(), SizeIs(1));
}

}  // namespace
}  // namespace tcpdx::diagnosis
