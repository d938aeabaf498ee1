#include "model/filter/operand.h"

#include <gtest/gtest.h>

namespace tcpdx::filter {
namespace {

using namespace std::chrono_literals;

Names https_only() {
    Names names;
    names.service = [](std::string_view name) -> std::optional<std::uint16_t> {
        return name == "https" ? std::optional<std::uint16_t>(443) : std::nullopt;
    };
    return names;
}

TEST(ParseDuration, NeedsAUnit) {
    EXPECT_EQ(parse_duration("90s"), 90s);
    EXPECT_EQ(parse_duration("1h30m"), 90min);
    EXPECT_EQ(parse_duration("1.5h"), 90min);
    EXPECT_EQ(parse_duration("250ms"), 250ms);
    EXPECT_EQ(parse_duration("5min"), 5min);
    EXPECT_EQ(parse_duration("2d"), 48h);
    EXPECT_EQ(parse_duration("0"), 0s);
    for (const char* text : {"", "5", "m", "5x", "-5m", "5m3", "1..5h", "99999999999999999999s",
                             "99999999999999d", "5 m", "1e3s"}) {
        EXPECT_FALSE(parse_duration(text)) << text;
    }
}

TEST(ParseSize, UsesPowersOf1024) {
    EXPECT_EQ(parse_size("64k"), 65536U);
    EXPECT_EQ(parse_size("1M"), 1048576U);
    EXPECT_EQ(parse_size("0x10"), 16U);
    for (const char* text :
         {"", "k", "1kb", "1t", "-1", "99999999999999999999", "18446744073709551615g"}) {
        EXPECT_FALSE(parse_size(text)) << text;
    }
}

TEST(ParsePort, AcceptsNumbersNamesAndRanges) {
    const Names names = https_only();
    EXPECT_EQ(parse_port(":443", names), (PortRange{443, 443}));
    EXPECT_EQ(parse_port("65535", names), (PortRange{65535, 65535}));
    EXPECT_EQ(parse_port(":https", names), (PortRange{443, 443}));
    EXPECT_EQ(parse_port("inet6:443", names), (PortRange{443, 443}));
    EXPECT_EQ(parse_port("80-90", names), (PortRange{80, 90}));
    EXPECT_EQ(parse_port("*", names), (PortRange{}));
    for (const char* text : {"", ":", "65536", "-1", "90-80", "80-", "gopher", "443x", "::443"}) {
        EXPECT_FALSE(parse_port(text, names)) << text;
    }
}

TEST(ParseHost, TakesAddressAndPortApart) {
    const auto host = parse_host("[2001:db8::]/32:443", Names{});
    ASSERT_TRUE(host);
    EXPECT_EQ(host->prefix, parse_ip_prefix("2001:db8::/32"));
    EXPECT_EQ(host->ports, (PortRange{443, 443}));
    EXPECT_EQ(parse_host("10/8", Names{})->prefix, parse_ip_prefix("10.0.0.0/8"));
    EXPECT_EQ(parse_host("::1", Names{})->prefix, parse_ip_prefix("::1"));
    EXPECT_FALSE(parse_host("::1", Names{})->ports);
    EXPECT_EQ(parse_host("inet6:*", Names{})->family, IpFamily::V6);
    EXPECT_EQ(parse_host(":80", Names{})->ports, (PortRange{80, 80}));
    for (const char* text : {"", ":", "[", "[::1", "[::1]x", "[::1]:99999", "1.2.3.4:99999",
                             "1.2.3.4/33", "10", "example.org", "1.2.3.4.5/8", "/8", "inet:"}) {
        EXPECT_FALSE(parse_host(text, Names{})) << text;
    }
}

TEST(ParseStates, HasTheSetsOfSs) {
    EXPECT_FALSE(parse_states("connected")->contains(TcpState::Listen));
    EXPECT_TRUE(parse_states("connected")->contains(TcpState::SynSent));
    EXPECT_FALSE(parse_states("synchronized")->contains(TcpState::SynSent));
    EXPECT_TRUE(parse_states("bucket")->contains(TcpState::TimeWait));
    EXPECT_FALSE(parse_states("big")->contains(TcpState::SynReceived));
    EXPECT_FALSE(parse_states("some"));
}

}  // namespace
}  // namespace tcpdx::filter
