#include "diagnosis/rules/local_ports_running_out.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "diagnosis/rules/situation_builder.h"

namespace tcpdx::diagnosis {
namespace {

using std::chrono::seconds;
using ::testing::IsEmpty;
using testing::SituationBuilder;
using ::testing::SizeIs;

class LocalPortsRunningOut : public ::testing::Test {
protected:
    SituationBuilder builder;
    std::uint32_t shop = builder.process("shop");

    LocalPortsRunningOut() {
        builder.now.options.set("net.ipv4.ip_local_port_range", "40000 40099");
        use_ports(80);
    }
    static Connection outgoing(std::uint16_t port, std::uint32_t process) {
        Connection connection = testing::connection_in(TcpState::Established, process);
        connection.local.port = port;
        connection.remote.port = 5432;
        connection.opener = Opener::Active;
        return connection;
    }
    void use_ports(std::uint16_t count) {
        builder.now.connections.clear();
        for (std::uint16_t i = 0; i < count; ++i) {
            builder.add(outgoing(static_cast<std::uint16_t>(40000 + i), shop));
        }
    }
    // TIME-WAIT sockets have no process and do not tell who opened.
    void all_in_time_wait() {
        for (Connection& connection : builder.now.connections) {
            connection.state = TcpState::TimeWait;
            connection.opener = Opener::Unknown;
            connection.owner = {};
        }
    }
    std::vector<Finding> findings() const { return builder.run(kLocalPortsRunningOut); }
};

TEST_F(LocalPortsRunningOut, WarnsWhenMostAreInUse) {
    ASSERT_THAT(findings(), SizeIs(1));
    EXPECT_EQ(findings()[0].severity, Severity::Warning);
    EXPECT_THAT(findings()[0].connections, SizeIs(80));
}

TEST_F(LocalPortsRunningOut, CountsTimeWaitsThatHaveNoRows) {
    const Connection one = builder.now.connections.front();
    use_ports(5);
    builder.now.client_time_waits = {{one.local.address, one.remote, 80}};
    ASSERT_THAT(findings(), SizeIs(1));
    EXPECT_EQ(findings()[0].severity, Severity::Warning);
    EXPECT_THAT(findings()[0].connections, SizeIs(5));
    EXPECT_EQ(findings()[0].count(), 85U);
    const std::string subject = findings()[0].subject;
    use_ports(0);
    ASSERT_THAT(findings(), SizeIs(1));
    EXPECT_EQ(findings()[0].subject, subject);
    EXPECT_EQ(findings()[0].count(), 80U);
}

TEST_F(LocalPortsRunningOut, IsAProblemWhenNearlyAllAreInUse) {
    use_ports(95);
    ASSERT_THAT(findings(), SizeIs(1));
    EXPECT_EQ(findings()[0].severity, Severity::Problem);
}

TEST_F(LocalPortsRunningOut, NamesBothEndsInTheCheckSinceEachLocalAddressHasPortsOfItsOwn) {
    EXPECT_EQ(findings()[0].evidence[0].check, "ss -tan 'src 192.0.2.1 and dst 198.51.100.7:5432'");
    for (Connection& connection : builder.now.connections) {
        connection.local.address = *parse_ip_address("fd00::1");
        connection.remote.address = *parse_ip_address("fd00::2");
    }
    EXPECT_EQ(findings()[0].evidence[0].check, "ss -tan 'src [fd00::1] and dst [fd00::2]:5432'");
}

TEST_F(LocalPortsRunningOut, StaysSilentBelow) {
    use_ports(79);
    EXPECT_THAT(findings(), IsEmpty());
}

TEST_F(LocalPortsRunningOut, StaysSilentWhenTheRangeIsUnknown) {
    builder.now.options = {};
    EXPECT_THAT(findings(), IsEmpty());
}

TEST_F(LocalPortsRunningOut, StaysSilentWhenTheConnectionsGoToManyDestinations) {
    for (std::size_t i = 0; i < builder.now.connections.size(); i += 2) {
        builder.now.connections[i].remote.port = 5433;
    }
    EXPECT_THAT(findings(), IsEmpty());
}

TEST_F(LocalPortsRunningOut, StaysSilentForIncomingConnections) {
    for (Connection& connection : builder.now.connections) {
        connection.opener = Opener::Passive;
    }
    EXPECT_THAT(findings(), IsEmpty());
}

TEST_F(LocalPortsRunningOut, DoesNotCountListeners) {
    builder.now.connections.back().state = TcpState::Listen;
    builder.now.options.set("net.ipv4.ip_local_port_range", "40000 40100");
    EXPECT_THAT(findings(), IsEmpty());
}

TEST_F(LocalPortsRunningOut, TakesReservedPortsOutOfTheRange) {
    use_ports(72);
    EXPECT_THAT(findings(), IsEmpty());
    builder.now.options.set("net.ipv4.ip_local_reserved_ports", "40090-40099");
    EXPECT_THAT(findings(), SizeIs(1));
}

TEST_F(LocalPortsRunningOut, CountsTimeWaitThatNobodyMayReuse) {
    all_in_time_wait();
    ASSERT_THAT(findings(), SizeIs(1));
    EXPECT_EQ(findings()[0].severity, Severity::Warning);
}

TEST_F(LocalPortsRunningOut, IsInformationWhenTimeWaitIsReused) {
    all_in_time_wait();
    builder.now.options.set("net.ipv4.tcp_tw_reuse", "1");
    builder.now.options.set("net.ipv4.tcp_timestamps", "1");
    ASSERT_THAT(findings(), SizeIs(1));
    EXPECT_EQ(findings()[0].severity, Severity::Information);
}

TEST_F(LocalPortsRunningOut, DoesNotTrustReuseWithoutTimestamps) {
    all_in_time_wait();
    builder.now.options.set("net.ipv4.tcp_tw_reuse", "1");
    builder.now.options.set("net.ipv4.tcp_timestamps", "0");
    EXPECT_EQ(findings()[0].severity, Severity::Warning);
}

TEST_F(LocalPortsRunningOut, DoesNotTrustReuseWhenThePeerHasNoTimestamps) {
    all_in_time_wait();
    builder.now.options.set("net.ipv4.tcp_tw_reuse", "1");
    builder.now.options.set("net.ipv4.tcp_timestamps", "1");
    builder.add(outgoing(40090, shop)).tcp.emplace().options = 2;
    EXPECT_EQ(findings()[0].severity, Severity::Warning);
}

TEST_F(LocalPortsRunningOut, TakesTheDefaultOfReuseForLoopbackOnly) {
    all_in_time_wait();
    builder.now.options.set("net.ipv4.tcp_tw_reuse", "2");
    builder.now.options.set("net.ipv4.tcp_timestamps", "1");
    EXPECT_EQ(findings()[0].severity, Severity::Warning);
    for (Connection& connection : builder.now.connections) {
        connection.local.address = connection.remote.address = *parse_ip_address("127.0.0.1");
    }
    EXPECT_EQ(findings()[0].severity, Severity::Information);
}

TEST_F(LocalPortsRunningOut, ForeseesTheEndFromTwoLooks) {
    const std::size_t without = findings()[0].evidence.size();
    builder.second_look(seconds(10));
    builder.earlier.connections.assign(builder.now.connections.begin(),
                                       builder.now.connections.begin() + 70);
    const std::vector<Finding> found = findings();
    ASSERT_THAT(found[0].evidence, SizeIs(without + 1));
    const Value left = std::chrono::milliseconds(seconds(20));
    EXPECT_THAT(found[0].evidence[without - 1].fact.values, ::testing::Contains(left));
}

TEST_F(LocalPortsRunningOut, ForeseesNothingWhenTheUseDoesNotGrow) {
    const std::size_t without = findings()[0].evidence.size();
    builder.second_look();
    builder.earlier.connections = builder.now.connections;
    EXPECT_THAT(findings()[0].evidence, SizeIs(without));
}

TEST_F(LocalPortsRunningOut, SpeaksOnlyOfThePeerAskedAbout) {
    builder.asked.port = 5432;
    EXPECT_THAT(findings(), SizeIs(1));
    builder.asked.port = 80;
    EXPECT_THAT(findings(), IsEmpty());
}

TEST_F(LocalPortsRunningOut, MeasuresAPasteByTheRangeOfItsSystem) {
    builder.now.options = {};
    builder.now.connections.clear();
    for (std::uint32_t i = 0; i < 16'384; ++i) {
        builder.add(outgoing(static_cast<std::uint16_t>(49152 + i), shop));
    }
    EXPECT_THAT(findings(), IsEmpty());
    builder.now.paste = Paste{.system = HostSystem::Linux};
    EXPECT_THAT(findings(), IsEmpty());
    builder.now.paste->system = HostSystem::Windows;
    ASSERT_THAT(findings(), SizeIs(1));
    EXPECT_EQ(findings()[0].severity, Severity::Problem);
    EXPECT_EQ(findings()[0].evidence[2].origin, Origin::Limit);
}

TEST_F(LocalPortsRunningOut, SuspectsACountThatIsNearlyTheRange) {
    builder.now.options = {};
    builder.now.connections.clear();
    builder.now.paste = Paste{.system = HostSystem::Linux};
    auto& count = builder.now.paste->state_counts[static_cast<std::size_t>(TcpState::TimeWait)];
    count = 28'230;
    ASSERT_THAT(findings(), SizeIs(1));
    EXPECT_EQ(findings()[0].severity, Severity::Warning);
    EXPECT_THAT(findings()[0].candidates, SizeIs(2));
    count = 28'322;  // more than one destination can have
    EXPECT_THAT(findings(), IsEmpty());
    count = 20'000;
    EXPECT_THAT(findings(), IsEmpty());
}

TEST_F(LocalPortsRunningOut, SaysWhatAListingThatWasCutOffDoesNotShow) {
    builder.now.options = {};
    use_ports(5);
    all_in_time_wait();
    builder.now.paste = Paste{.system = HostSystem::Linux};
    EXPECT_THAT(findings(), IsEmpty());
    builder.now.paste->cut_off = true;
    ASSERT_THAT(findings(), SizeIs(1));
    EXPECT_EQ(findings()[0].severity, Severity::Information);
}

}  // namespace
}  // namespace tcpdx::diagnosis
