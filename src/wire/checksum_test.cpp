#include "wire/checksum.h"

#include <gtest/gtest.h>

#include <array>
#include <vector>

#include "wire/tcp_header.h"

namespace tcpdx::wire {
namespace {

TEST(InternetChecksum, IsThatOfTheExampleInRfc1071) {
    const std::array<std::byte, 8> bytes{std::byte{0x00}, std::byte{0x01}, std::byte{0xf2},
                                         std::byte{0x03}, std::byte{0xf4}, std::byte{0xf5},
                                         std::byte{0xf6}, std::byte{0xf7}};
    EXPECT_EQ(internet_checksum(bytes), static_cast<std::uint16_t>(~0xddf2U));
}

TEST(InternetChecksum, PadsAnOddByteOnTheRight) {
    const std::array<std::byte, 1> bytes{std::byte{0x12}};
    EXPECT_EQ(internet_checksum(bytes), static_cast<std::uint16_t>(~0x1200U));
}

// Written into the field, it makes the sum over the segment zero: what a receiver checks.
TEST(TcpChecksum, MakesTheSegmentSumToZeroInBothFamilies) {
    for (const auto& [source, destination] :
         {std::pair(IpAddress::v4(0x0a000001), IpAddress::v4(0x0a000002)),
          std::pair(*parse_ip_address("2001:db8::1"), *parse_ip_address("2001:db8::2"))}) {
        std::vector<std::byte> segment(20 + 3, std::byte{0xab});
        segment[16] = segment[17] = std::byte{0};
        const std::uint16_t sum = tcp_checksum(source, destination, segment);
        segment[16] = static_cast<std::byte>(sum >> 8);
        segment[17] = static_cast<std::byte>(sum);
        EXPECT_EQ(tcp_checksum(source, destination, segment), 0);
        segment[22] ^= std::byte{1};
        EXPECT_NE(tcp_checksum(source, destination, segment), 0);
    }
}

}  // namespace
}  // namespace tcpdx::wire
