#include "sources/procfs/tables/routes.h"

#include <gtest/gtest.h>

#include <string>

namespace tcpdx::proc_tables {
namespace {

constexpr std::string_view kV4 =
    "eth0\t0000070A\t0700010A\t0003\t0\t0\t12\t00FFFFFF\t1300\t9000\t6";
constexpr std::string_view kV6 =
    "fd000007000000000000000000000000 40 00000000000000000000000000000000 00 "
    "fd000001000000000000000000000066 00000400 00000002 00000007 00000003     eth0";

TEST(ParseRouteV4, ReadsEveryColumn) {
    const auto route = parse_route_v4(kV4);
    ASSERT_TRUE(route);
    EXPECT_EQ(route->interface, "eth0");
    EXPECT_EQ(to_string(route->target), "10.7.0.0");
    EXPECT_EQ(to_string(route->gateway), "10.1.0.7");
    EXPECT_EQ(to_string(route->mask), "255.255.255.0");
    EXPECT_EQ(route->flags, 3U);
    EXPECT_EQ(route->metric, 12);
    EXPECT_EQ(route->mss, 1300);
    EXPECT_EQ(route->window, 9000);
    EXPECT_EQ(route->initial_rtt, 6);
}

TEST(ParseRouteV4, SurvivesEveryTruncation) {
    const std::size_t needed = kV4.find("\t9000") + 2;
    for (std::size_t size = 0; size < kV4.size(); ++size) {
        const std::string cut(kV4.substr(0, size));
        EXPECT_EQ(parse_route_v4(cut).has_value(), size >= needed) << "cut to " << size;
    }
}

TEST(ParseRouteV6, ReadsEveryColumn) {
    const auto route = parse_route_v6(kV6);
    ASSERT_TRUE(route);
    EXPECT_EQ(route->interface, "eth0");
    EXPECT_EQ(to_string(route->target), "fd00:7::");
    EXPECT_EQ(route->prefix_bits, 64);
    EXPECT_EQ(to_string(route->next_hop), "fd00:1::66");
    EXPECT_EQ(route->metric, 1024);
    EXPECT_EQ(route->references, 2);
    EXPECT_EQ(route->use, 7);
    EXPECT_EQ(route->flags, 3U);
}

TEST(ParseRouteV6, ReadsTheMetricOfTheLastResortAsMinusOne) {
    std::string line(kV6);
    line.replace(line.find("00000400"), 8, "ffffffff");
    const auto route = parse_route_v6(line);
    ASSERT_TRUE(route);
    EXPECT_EQ(route->metric, -1);
}

TEST(ParseRouteV6, SurvivesEveryTruncation) {
    for (std::size_t size = 0; size < kV6.size(); ++size) {
        const std::string cut(kV6.substr(0, size));
        EXPECT_EQ(parse_route_v6(cut).has_value(), size > kV6.find("eth0")) << "cut to " << size;
    }
}

}  // namespace
}  // namespace tcpdx::proc_tables
