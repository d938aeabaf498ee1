#include "wire/ip_packet.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <initializer_list>
#include <vector>

namespace tcpdx::wire {
namespace {

std::vector<std::byte> bytes_of(std::initializer_list<int> values) {
    std::vector<std::byte> bytes;
    for (const int value : values) {
        bytes.push_back(static_cast<std::byte>(value));
    }
    return bytes;
}

// 10.1.0.1 to 10.2.0.1, TTL 63, TCP, with the payload "ab" and one byte of padding behind.
std::vector<std::byte> v4() {
    return bytes_of({0x45, 0,   0, 22, 0, 0, 0x40, 0, 63, 6, 0, 0, 10, 1, 0, 1, 10, 2, 0, 1,  //
                     'a',  'b', 0});
}

// The same in IPv6, with a hop-by-hop header of 16 bytes in front of TCP.
std::vector<std::byte> v6() {
    auto bytes = bytes_of({0x60, 0, 0, 0, 0, 18, 0, 64});
    bytes.resize(40);
    bytes[23] = std::byte{1};
    bytes[39] = std::byte{2};
    for (const std::byte byte :
         bytes_of({6, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 'a', 'b'})) {
        bytes.push_back(byte);
    }
    return bytes;
}

TEST(ParseIp, ReadsIpv4AndLeavesPaddingOut) {
    const auto bytes = v4();
    const auto packet = parse_ip(bytes);
    ASSERT_TRUE(packet);
    EXPECT_EQ(packet->version, 4);
    EXPECT_EQ(packet->hop_limit, 63);
    EXPECT_EQ(packet->protocol, 6);
    EXPECT_FALSE(packet->later_fragment);
    EXPECT_EQ(packet->source.back(), 1);
    EXPECT_EQ(packet->destination[1], 2);
    EXPECT_EQ(packet->payload.size(), 2U);
}

TEST(ParseIp, WalksTheExtensionHeadersOfIpv6) {
    const auto bytes = v6();
    const auto packet = parse_ip(bytes);
    ASSERT_TRUE(packet);
    EXPECT_EQ(packet->version, 6);
    EXPECT_EQ(packet->protocol, 6);
    EXPECT_EQ(packet->source.back(), 1);
    EXPECT_EQ(packet->destination.back(), 2);
    EXPECT_EQ(packet->payload.size(), 2U);
}

TEST(ParseIp, TellsALaterFragment) {
    auto bytes = v4();
    bytes[7] = std::byte{5};
    EXPECT_TRUE(parse_ip(bytes)->later_fragment);
}

TEST(ParseIp, RejectsHeadersThatAreNotWhole) {
    const auto four = v4();
    for (std::size_t size = 0; size < 20; ++size) {
        EXPECT_FALSE(parse_ip(std::span(four).first(size))) << size;
    }
    const auto six = v6();
    for (std::size_t size = 0; size < 56; ++size) {
        EXPECT_FALSE(parse_ip(std::span(six).first(size))) << size;
    }
}

TEST(ParseIp, RejectsOtherVersions) {
    auto bytes = v4();
    bytes[0] = std::byte{0x55};
    EXPECT_FALSE(parse_ip(bytes));
}

}  // namespace
}  // namespace tcpdx::wire
