#include "model/ip_address.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tcpdx {
namespace {

TEST(IpAddress, PrintsWhatItParses) {
    for (const char* text : {"192.0.2.1", "0.0.0.0", "255.255.255.255", "::", "::1", "2001:db8::1",
                             "::ffff:192.0.2.1", "fe80::1"}) {
        const auto address = parse_ip_address(text);
        ASSERT_TRUE(address) << text;
        EXPECT_EQ(to_string(*address), text);
    }
}

TEST(IpAddress, RejectsWhatIsNotAnAddress) {
    for (const char* text : {"", "1.2.3", "1.2.3.4.5", "256.0.0.1", "host", "[::1", "::1]", "1:2",
                             "0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000"}) {
        EXPECT_FALSE(parse_ip_address(text)) << text;
    }
}

TEST(IpAddress, KnowsLoopbackAndAnyInBothFamilies) {
    EXPECT_TRUE(parse_ip_address("127.3.2.1")->is_loopback());
    EXPECT_TRUE(parse_ip_address("::1")->is_loopback());
    EXPECT_TRUE(parse_ip_address("::ffff:127.0.0.1")->is_loopback());
    EXPECT_FALSE(parse_ip_address("128.0.0.1")->is_loopback());
    EXPECT_TRUE(parse_ip_address("::")->is_any());
    EXPECT_TRUE(parse_ip_address("0.0.0.0")->is_any());
    EXPECT_FALSE(parse_ip_address("::1")->is_any());
}

TEST(IpPrefix, MatchesBothFamiliesOfAnIpv4Address) {
    const auto prefix = parse_ip_prefix("10.128.0.0/9");
    ASSERT_TRUE(prefix);
    EXPECT_TRUE(prefix->contains(*parse_ip_address("10.255.0.1")));
    EXPECT_TRUE(prefix->contains(*parse_ip_address("::ffff:10.128.0.1")));
    EXPECT_FALSE(prefix->contains(*parse_ip_address("10.127.255.255")));
    EXPECT_EQ(to_string(*prefix), "10.128.0.0/9");
}

TEST(IpPrefix, RejectsImpossibleLengths) {
    for (const char* text : {"10.0.0.0/33", "::/129", "10.0.0.0/", "10.0.0.0/-1", "10.0.0.0/8x"}) {
        EXPECT_FALSE(parse_ip_prefix(text)) << text;
    }
}

TEST(SocketAddress, BracketsIpv6AndStarsAnAbsentPort) {
    EXPECT_EQ(to_string(SocketAddress{*parse_ip_address("192.0.2.1"), 443}), "192.0.2.1:443");
    EXPECT_EQ(to_string(SocketAddress{*parse_ip_address("::"), 0}), "[::]:*");
}

TEST(IpAddress, ANameIsOnlyEqualToItselfAndIsNoAddress) {
    const IpAddress name = IpAddress::name(7);
    EXPECT_EQ(name, IpAddress::name(7));
    EXPECT_NE(name, IpAddress::name(8));
    EXPECT_EQ(name.name_index(), 7U);
    EXPECT_EQ(IpAddress::v4(7).name_index(), std::nullopt);
    EXPECT_FALSE(name.is_any());
    EXPECT_FALSE(IpAddress::name(0).is_any());
    EXPECT_FALSE(name.is_loopback());
    EXPECT_FALSE(name.is_v4_mapped());
    EXPECT_EQ(to_string(SocketAddress{name, 443}), "name-7:443");
}

}  // namespace
}  // namespace tcpdx
