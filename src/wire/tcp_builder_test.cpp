#include "wire/tcp_builder.h"

#include <gtest/gtest.h>

namespace tcpdx::wire {
namespace {

constexpr std::array<std::uint8_t, 4> kClient{10, 1, 0, 1};
constexpr std::array<std::uint8_t, 4> kServer{10, 2, 0, 1};

BareSegment ack_to_8080() {
    return {.source_port = 40000,
            .destination_port = 8080,
            .sequence = 0x01020304,
            .acknowledgment = 0xfffffffe,
            .window = 1024,
            .flags = {.ack = true}};
}

TEST(BuildTcp, IsReadBackAsItWasMeant) {
    const auto bytes = build_tcp(ack_to_8080(), kClient, kServer);
    const auto read = parse_tcp(bytes);
    ASSERT_TRUE(read);
    EXPECT_EQ(read->source_port, 40000);
    EXPECT_EQ(read->destination_port, 8080);
    EXPECT_EQ(read->sequence, 0x01020304U);
    EXPECT_EQ(read->acknowledgment, 0xfffffffeU);
    EXPECT_EQ(read->window, 1024);
    EXPECT_EQ(read->flags, TcpFlags{.ack = true});
}

TEST(BuildTcp, MakesAChecksumThatAReceiverAccepts) {
    auto bytes = build_tcp(ack_to_8080(), kClient, kServer);
    EXPECT_EQ(tcp_checksum(bytes, kClient, kServer), 0);
    bytes[4] ^= std::byte{1};
    EXPECT_NE(tcp_checksum(bytes, kClient, kServer), 0);
}

TEST(BuildTcp, CoversTheAddressesOfEitherFamily) {
    std::array<std::uint8_t, 16> v6{0x20, 0x01, 0x0d, 0xb8};
    const auto bytes = build_tcp(ack_to_8080(), v6, v6);
    EXPECT_EQ(tcp_checksum(bytes, v6, v6), 0);
    auto other = v6;
    other[15] = 1;
    EXPECT_NE(tcp_checksum(bytes, v6, other), 0);
}

// The checksum of a segment seen on a wire: loopback, SYN from 50000 to 80, sequence 1, window 512.
TEST(TcpChecksum, IsThatOfRfc1071) {
    const std::array<std::uint8_t, 4> loopback{127, 0, 0, 1};
    const auto bytes = build_tcp({.source_port = 50000,
                                  .destination_port = 80,
                                  .sequence = 1,
                                  .window = 512,
                                  .flags = {.syn = true}},
                                 loopback, loopback);
    // By hand: 7f00+0001 twice, 0006, 0014, c350, 0050, 0000, 0001, 0000, 0000, 5002, 0200.
    const std::uint32_t sum =
        2 * 0x7f01 + 0x0006 + 0x0014 + 0xc350 + 0x0050 + 0x0001 + 0x5002 + 0x0200;
    const std::uint32_t folded = (sum & 0xffff) + (sum >> 16);
    const auto expected = static_cast<std::uint16_t>(~folded);
    EXPECT_EQ(bytes[16], static_cast<std::byte>(expected >> 8));
    EXPECT_EQ(bytes[17], static_cast<std::byte>(expected & 0xff));
}

}  // namespace
}  // namespace tcpdx::wire
