#include "diagnosis/lookups.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "diagnosis/rules/situation_builder.h"

namespace tcpdx::diagnosis {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

SocketAddress at(const char* address, std::uint16_t port) {
    return {*parse_ip_address(address), port};
}

Connection between(SocketAddress local, SocketAddress remote,
                   TcpState state = TcpState::Established) {
    Connection connection;
    connection.local = local;
    connection.remote = remote;
    connection.state = state;
    return connection;
}

Connection listener(const char* address, std::uint16_t port) {
    return between(at(address, port), {}, TcpState::Listen);
}

class LookupsTest : public ::testing::Test {
protected:
    Observations now;
    Observations earlier;
    Lookups lookups{now, &earlier};
};

TEST_F(LookupsTest, ListsTheConnectionsOfAState) {
    now.connections = {listener("0.0.0.0", 80), between(at("10.0.0.1", 80), at("10.0.0.2", 4000)),
                       listener("0.0.0.0", 81)};
    EXPECT_THAT(lookups.in_state(TcpState::Listen), ElementsAre(0, 2));
    EXPECT_THAT(lookups.in_state(TcpState::TimeWait), IsEmpty());
}

TEST_F(LookupsTest, KnowsASocketAgainByItsCookie) {
    Connection socket = between(at("10.0.0.1", 80), at("10.0.0.2", 4000));
    for (std::uint64_t cookie = 1; cookie <= 100; ++cookie) {
        socket.cookie = cookie;
        earlier.connections.push_back(socket);
    }
    for (const Connection& before : earlier.connections) {
        EXPECT_EQ(lookups.earlier_of(before), &before);
    }
}

TEST_F(LookupsTest, TakesOtherCookieOnTheSameAddressesForANewSocket) {
    Connection socket = between(at("10.0.0.1", 80), at("10.0.0.2", 4000));
    socket.cookie = 1;
    earlier.connections = {socket};
    socket.cookie = 2;
    EXPECT_EQ(lookups.earlier_of(socket), nullptr);
}

TEST_F(LookupsTest, KnowsASocketByItsAddressesWhenOneLookHasNoCookies) {
    Connection socket = between(at("10.0.0.1", 80), at("10.0.0.2", 4000));
    earlier.connections = {socket};
    socket.cookie = 2;
    EXPECT_EQ(lookups.earlier_of(socket), earlier.connections.data());
}

TEST_F(LookupsTest, HasNothingEarlierAfterOneLook) {
    now.connections = {listener("0.0.0.0", 80)};
    EXPECT_EQ(Lookups(now, nullptr).earlier_of(now.connections.front()), nullptr);
}

TEST_F(LookupsTest, PrefersAListenerOnTheAddressToTheWildcard) {
    now.connections = {listener("0.0.0.0", 80), listener("10.0.0.1", 80), listener("10.0.0.1", 81)};
    EXPECT_THAT(lookups.listeners_for(at("10.0.0.1", 80)), ElementsAre(1));
    EXPECT_THAT(lookups.listeners_for(at("10.0.0.9", 80)), ElementsAre(0));
    EXPECT_THAT(lookups.listeners_for(at("10.0.0.9", 81)), IsEmpty());
}

TEST_F(LookupsTest, FindsAllListenersThatShareAnAddress) {
    now.connections = {listener("::", 80), listener("::", 80)};
    EXPECT_THAT(lookups.listeners_for(at("10.0.0.1", 80)), ElementsAre(0, 1));
}

TEST_F(LookupsTest, FindsTheOtherEndOnTheSameHost) {
    now.connections = {between(at("127.0.0.1", 40000), at("127.0.0.1", 80)),
                       between(at("127.0.0.1", 40001), at("127.0.0.1", 80)),
                       between(at("127.0.0.1", 80), at("127.0.0.1", 40001))};
    EXPECT_EQ(lookups.other_end_of(now.connections[1]), &now.connections[2]);
    EXPECT_EQ(lookups.other_end_of(now.connections[2]), &now.connections[1]);
    EXPECT_EQ(lookups.other_end_of(now.connections[0]), nullptr);
}

TEST_F(LookupsTest, FindsAnIpv4EndOfAnIpv6Socket) {
    now.connections = {between(at("10.0.0.1", 40000), at("10.0.0.1", 80)),
                       between(at("::ffff:10.0.0.1", 80), at("::ffff:10.0.0.1", 40000))};
    EXPECT_EQ(lookups.other_end_of(now.connections[0]), &now.connections[1]);
}

TEST_F(LookupsTest, DoesNotTakeTimeWaitOrTheSocketItselfForTheOtherEnd) {
    now.connections = {between(at("10.0.0.1", 40000), at("10.0.0.1", 80)),
                       between(at("10.0.0.1", 80), at("10.0.0.1", 40000), TcpState::TimeWait),
                       between(at("10.0.0.1", 99), at("10.0.0.1", 99))};
    EXPECT_EQ(lookups.other_end_of(now.connections[0]), nullptr);
    EXPECT_EQ(lookups.other_end_of(now.connections[2]), nullptr);
}

TEST(SituationLookups, AreBuiltAnewForACopyWithAnotherLook) {
    testing::SituationBuilder builder;
    const Situation first{.now = builder.now};
    EXPECT_EQ(first.earlier_of(builder.add(testing::connection_in(TcpState::Established))),
              nullptr);
    builder.earlier.connections = builder.now.connections;
    Situation second = first;
    second.earlier = &builder.earlier;
    EXPECT_NE(second.earlier_of(builder.now.connections.front()), nullptr);
}

}  // namespace
}  // namespace tcpdx::diagnosis
