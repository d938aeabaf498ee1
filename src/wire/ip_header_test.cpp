#include "wire/ip_header.h"

#include <gtest/gtest.h>

#include <vector>

#include "wire/checksum.h"

namespace tcpdx::wire {
namespace {

IpHeader header_of(const char* source, const char* destination) {
    return {.source = *parse_ip_address(source),
            .destination = *parse_ip_address(destination),
            .protocol = kProtocolTcp,
            .hop_limit = 37,
            .traffic_class = 0xba};
}

std::vector<std::byte> datagram(const IpHeader& header, std::size_t payload_bytes) {
    std::vector<std::byte> bytes(ip_header_bytes(header.source.family) + payload_bytes);
    write_ip_header(header, payload_bytes, bytes);
    return bytes;
}

void seal(std::vector<std::byte>& v4) {
    v4[10] = v4[11] = std::byte{0};
    const std::size_t size = (std::to_integer<std::size_t>(v4[0]) & 0xf) * 4;
    const std::uint16_t sum = internet_checksum(std::span(v4).first(size));
    v4[10] = static_cast<std::byte>(sum >> 8);
    v4[11] = static_cast<std::byte>(sum);
}

const IpHeader kV4 = header_of("192.0.2.1", "198.51.100.2");
const IpHeader kV6 = header_of("2001:db8::1", "2001:db8::2");

TEST(IpHeader, IsReadBackAsItWasWritten) {
    for (const IpHeader& header : {kV4, kV6}) {
        const auto read = parse_ip_datagram(datagram(header, 5));
        ASSERT_TRUE(read);
        EXPECT_EQ(read->header.source, header.source);
        EXPECT_EQ(read->header.destination, header.destination);
        EXPECT_EQ(read->header.protocol, kProtocolTcp);
        EXPECT_EQ(read->header.hop_limit, 37);
        EXPECT_EQ(read->header.traffic_class, 0xba);
        EXPECT_EQ(read->header.ecn(), Ecn::Capable0);
        EXPECT_EQ(read->payload.size(), 5U);
    }
}

TEST(IpHeader, OfEveryTruncatedDatagramIsRejected) {
    for (const IpHeader& header : {kV4, kV6}) {
        const auto whole = datagram(header, 5);
        for (std::size_t size = 0; size < whole.size(); ++size) {
            EXPECT_FALSE(parse_ip_datagram(std::span(whole).first(size))) << size;
        }
    }
}

TEST(IpHeader, OfAQuotedDatagramMayBeAllThereIs) {
    const auto whole = datagram(kV4, 20);
    const auto read = parse_quoted_datagram(std::span(whole).first(28));
    ASSERT_TRUE(read);
    EXPECT_EQ(read->payload.size(), 8U);
}

TEST(IpHeader, LeavesOutThePaddingBehindTheDatagram) {
    auto bytes = datagram(kV4, 5);
    bytes.resize(60);
    EXPECT_EQ(parse_ip_datagram(bytes)->payload.size(), 5U);
}

TEST(IpHeader, WithAWrongChecksumIsRejected) {
    auto bytes = datagram(kV4, 5);
    bytes[8] ^= std::byte{1};
    EXPECT_FALSE(parse_ip_datagram(bytes));
}

TEST(IpHeader, OfAFragmentIsRejected) {
    auto bytes = datagram(kV4, 5);
    bytes[6] = std::byte{0x20};
    seal(bytes);
    EXPECT_FALSE(parse_ip_datagram(bytes));
}

// Proves: MUST-50
TEST(IpHeader, WithOptionsIsReadPastThem) {
    auto bytes = datagram(kV4, 5);
    bytes.insert(bytes.begin() + 20, 4, std::byte{7});  // a record route that lies about its length
    bytes[0] = std::byte{0x46};
    bytes[3] = std::byte{29};
    seal(bytes);
    const auto read = parse_ip_datagram(bytes);
    ASSERT_TRUE(read);
    EXPECT_EQ(read->payload.size(), 5U);
}

TEST(IpHeader, WithALengthThatContradictsItselfIsRejected) {
    auto bytes = datagram(kV4, 5);
    bytes[0] = std::byte{0x44};
    EXPECT_FALSE(parse_ip_datagram(bytes));
    bytes[0] = std::byte{0x4f};  // 60 bytes, in a datagram of 25
    EXPECT_FALSE(parse_ip_datagram(bytes));
}

TEST(IpHeader, OfVersion6IsReadPastExtensionHeaders) {
    auto bytes = datagram(kV6, 13);
    bytes[6] = std::byte{60};
    bytes[40] = std::byte{kProtocolTcp};
    const auto read = parse_ip_datagram(bytes);
    ASSERT_TRUE(read);
    EXPECT_EQ(read->header.protocol, kProtocolTcp);
    EXPECT_EQ(read->payload.size(), 5U);
}

}  // namespace
}  // namespace tcpdx::wire
