#include "wire/icmp_error.h"

#include <gtest/gtest.h>

#include <array>
#include <vector>

#include "wire/ip_header.h"

namespace tcpdx::wire {
namespace {

IpAddress address(const char* text) {
    return *parse_ip_address(text);
}

// An error that quotes a SYN's header, as far as RFC 792 wants it, from `client` port 40000 to
// `server` port 8080.
std::vector<std::byte> error_about(std::uint8_t type, std::uint8_t code, const char* client,
                                   const char* server, std::uint8_t protocol = kProtocolTcp) {
    const IpHeader header{
        .source = address(client), .destination = address(server), .protocol = protocol};
    const std::size_t header_bytes = ip_header_bytes(header.source.family);
    std::vector<std::byte> bytes(8 + header_bytes + 8);
    bytes[0] = std::byte{type};
    bytes[1] = std::byte{code};
    write_ip_header(header, 40, std::span(bytes).subspan(8));
    const std::array<std::byte, 4> ports{std::byte{0x9c}, std::byte{0x40}, std::byte{0x1f},
                                         std::byte{0x90}};
    std::copy(ports.begin(), ports.end(),
              bytes.begin() + static_cast<std::ptrdiff_t>(8 + header_bytes));
    return bytes;
}

TEST(ParseIcmpError, NamesTheEndsOfTheSegmentItIsAbout) {
    const auto error =
        parse_icmp_error_about_tcp(IpFamily::V4, error_about(3, 13, "10.1.0.1", "10.2.0.1"));
    ASSERT_TRUE(error);
    EXPECT_EQ(error->type, 3);
    EXPECT_EQ(error->code, 13);
    EXPECT_EQ(error->source, (SocketAddress{address("10.1.0.1"), 40000}));
    EXPECT_EQ(error->destination, (SocketAddress{address("10.2.0.1"), 8080}));
}

TEST(ParseIcmpError, ReadsIcmpv6) {
    const auto error =
        parse_icmp_error_about_tcp(IpFamily::V6, error_about(1, 4, "fd01::1", "fd02::1"));
    ASSERT_TRUE(error);
    EXPECT_EQ(error->code, 4);
    EXPECT_EQ(error->destination, (SocketAddress{address("fd02::1"), 8080}));
}

TEST(ParseIcmpError, LeavesEchoesOut) {
    EXPECT_FALSE(
        parse_icmp_error_about_tcp(IpFamily::V4, error_about(8, 0, "10.1.0.1", "10.2.0.1")));
    EXPECT_FALSE(
        parse_icmp_error_about_tcp(IpFamily::V6, error_about(128, 0, "fd01::1", "fd02::1")));
}

TEST(ParseIcmpError, LeavesErrorsAboutOtherProtocolsOut) {
    constexpr std::uint8_t kUdp = 17;
    EXPECT_FALSE(
        parse_icmp_error_about_tcp(IpFamily::V4, error_about(3, 3, "10.1.0.1", "10.2.0.1", kUdp)));
}

TEST(ParseIcmpError, RejectsEveryTruncationBeforeThePorts) {
    const auto whole = error_about(3, 3, "10.1.0.1", "10.2.0.1");
    for (std::size_t size = 0; size < whole.size() - 4; ++size) {
        EXPECT_FALSE(parse_icmp_error_about_tcp(IpFamily::V4, std::span(whole).first(size)))
            << size;
    }
}

}  // namespace
}  // namespace tcpdx::wire
