#include "presentation/netstat/address_text.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>

#include <array>
#include <random>
#include <string>

namespace tcpdx::netstat {
namespace {

std::string text_of(const IpAddress& address) {
    std::array<char, kLongestAddress> text{};
    return {text.data(), write_address(text.data(), address)};
}

std::string by_inet_ntop(const IpAddress& address) {
    std::array<char, INET6_ADDRSTRLEN> text{};
    ::inet_ntop(AF_INET6, address.bytes.data(), text.data(), text.size());
    return text.data();
}

TEST(WriteAddress, ShowsAMappedAddressAsIpv4) {
    EXPECT_EQ(text_of(*parse_ip_address("::ffff:192.0.2.1")), "192.0.2.1");
    EXPECT_EQ(text_of(*parse_ip_address("203.0.113.255")), "203.0.113.255");
}

TEST(WriteAddress, WritesIpv6AsInetNtopDoes) {
    for (const char* text :
         {"::", "::1", "fe80::1", "2001:db8::", "::1.2.3.4", "1:0:0:2:0:0:0:3", "1:0:0:2::3",
          "0:1:0:1:0:1:0:1", "1:2:3:4:5:6:7:8", "::1:0:0:0:0:1", "0:0:0:0:0:fffe:1:2", "1::"}) {
        const auto address = parse_ip_address(text);
        ASSERT_TRUE(address) << text;
        EXPECT_EQ(text_of(*address), by_inet_ntop(*address));
    }
}

TEST(WriteAddress, WritesAnyIpv6AsInetNtopDoes) {
    std::mt19937 random(1);  // NOLINT(cert-msc51-cpp): the same addresses every time
    for (int round = 0; round < 20000; ++round) {
        IpAddress address{.family = IpFamily::V6};
        const auto zeros = static_cast<unsigned>(
            random());  // words that are zero, which is what makes it difficult
        for (unsigned i = 0; i < address.bytes.size(); ++i) {
            const bool zero = ((zeros >> (i / 2)) & 1U) != 0;
            address.bytes.at(i) = zero ? std::uint8_t{0} : static_cast<std::uint8_t>(random());
        }
        if (!address.is_v4_mapped()) {
            ASSERT_EQ(text_of(address), by_inet_ntop(address));
        }
    }
}

}  // namespace
}  // namespace tcpdx::netstat
