#include "diagnosis/source_ports.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "diagnosis/rules/situation_builder.h"

namespace tcpdx::diagnosis {
namespace {

using ::testing::IsEmpty;
using testing::SituationBuilder;
using ::testing::SizeIs;

Connection outgoing(std::uint16_t port) {
    Connection connection = testing::connection_in(TcpState::Established);
    connection.local.port = port;
    connection.remote.port = 5432;
    connection.opener = Opener::Active;
    return connection;
}

class SourcePortsOf : public ::testing::Test {
protected:
    SituationBuilder builder;

    SourcePortsOf() { builder.now.options.set("net.ipv4.ip_local_port_range", "40000\t40009"); }
    std::vector<SourcePortUse> use() const {
        return source_port_use(builder.now, *source_ports(builder.now));
    }
};

TEST_F(SourcePortsOf, AHostAreItsRange) {
    EXPECT_EQ(source_ports(builder.now)->count, 10U);
}

TEST_F(SourcePortsOf, AHostAreNotKnownWithoutTheRange) {
    builder.now.options = {};
    EXPECT_FALSE(source_ports(builder.now));
}

TEST_F(SourcePortsOf, AHostLackReservedPortsAndThoseListenedOn) {
    builder.now.options.set("net.ipv4.ip_local_reserved_ports", "8080,40001-40003,40009");
    builder.add(outgoing(40005)).state = TcpState::Listen;
    EXPECT_EQ(source_ports(builder.now)->count, 5U);
}

TEST_F(SourcePortsOf, AHostSurviveARangeThatIsNone) {
    for (const char* range : {"40009 40000", "1 70000", "x", "5", ""}) {
        builder.now.options.set("net.ipv4.ip_local_port_range", range);
        EXPECT_FALSE(source_ports(builder.now)) << range;
    }
}

TEST_F(SourcePortsOf, DestinationsAreCountedEachForItself) {
    builder.add(outgoing(40000));
    builder.add(outgoing(40001)).state = TcpState::TimeWait;
    builder.add(outgoing(40001)).remote.port = 5433;
    ASSERT_THAT(use(), SizeIs(2));
    EXPECT_EQ(use()[0].used, 2U);
    EXPECT_EQ(use()[0].time_wait, 1U);
    EXPECT_THAT(use()[0].members, ::testing::ElementsAre(0U, 1U));
    EXPECT_EQ(use()[1].used, 1U);
}

TEST_F(SourcePortsOf, IncomingConnectionsDoNotCount) {
    builder.add(outgoing(40000)).opener = Opener::Passive;
    builder.add(outgoing(40001)).kind = SocketKind::RequestSocket;
    EXPECT_THAT(use(), IsEmpty());
}

TEST_F(SourcePortsOf, AnUnknownOpenerCountsUnlessSomethingListensOnThePort) {
    builder.add(outgoing(40000)).opener = Opener::Unknown;
    EXPECT_THAT(use(), SizeIs(1));
    builder.add(outgoing(40000)).state = TcpState::Listen;
    EXPECT_THAT(use(), IsEmpty());
}

TEST_F(SourcePortsOf, PortsOutsideTheRangeDoNotCount) {
    builder.add(outgoing(39999));
    EXPECT_THAT(use(), IsEmpty());
}

TEST_F(SourcePortsOf, MappedAddressesShareThePortsOfIpv4) {
    builder.add(outgoing(40000));
    Connection& mapped = builder.add(outgoing(40001));
    mapped.local.address.family = mapped.remote.address.family = IpFamily::V6;
    ASSERT_THAT(use(), SizeIs(1));
    EXPECT_EQ(use()[0].used, 2U);
}

TEST(PortList, AcceptsWhatTheKernelWrites) {
    EXPECT_TRUE(parse_port_list("").none());
    EXPECT_EQ(parse_port_list("8080").count(), 1U);
    EXPECT_EQ(parse_port_list("8080,9148-9150\n").count(), 4U);
    EXPECT_EQ(parse_port_list("0-65535").count(), 65536U);
}

TEST(PortList, StopsAtWhatItDoesNotUnderstand) {
    EXPECT_EQ(parse_port_list("1,2,x,3").count(), 2U);
    EXPECT_EQ(parse_port_list("5-").count(), 0U);
    EXPECT_EQ(parse_port_list("70000").count(), 0U);
    EXPECT_EQ(parse_port_list("9-5").count(), 0U);
    EXPECT_EQ(parse_port_list(",").count(), 0U);
}

}  // namespace
}  // namespace tcpdx::diagnosis
