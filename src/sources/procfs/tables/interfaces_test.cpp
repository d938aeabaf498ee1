#include "sources/procfs/tables/interfaces.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

namespace tcpdx::proc_tables {
namespace {

constexpr std::string_view kTraffic = "  eth0: 1000 10 1 2 3 4 5 6 2000 20 7 8 9 11 12 13";

TEST(ParseInterfaceTraffic, TellsReceivedFromSent) {
    const auto found = parse_interface_traffic(kTraffic);
    ASSERT_TRUE(found);
    EXPECT_EQ(found->first, "eth0");
    EXPECT_EQ(found->second.received.bytes, 1000U);
    EXPECT_EQ(found->second.received.frame, 4U);
    EXPECT_EQ(found->second.sent.packets, 20U);
    EXPECT_EQ(found->second.sent.overruns, 9U);
    EXPECT_EQ(found->second.sent.collisions, 11U);
    EXPECT_EQ(found->second.sent.carrier, 12U);
}

TEST(ParseInterfaceTraffic, ReadsANameOfFullLengthWithoutABlankBehindIt) {
    const auto found =
        parse_interface_traffic("fifteen-letters:1000 10 0 0 0 0 0 0 0 0 0 0 0 0 0 0");
    ASSERT_TRUE(found);
    EXPECT_EQ(found->first, "fifteen-letters");
    EXPECT_EQ(found->second.received.packets, 10U);
}

TEST(ParseInterfaceTraffic, SurvivesEveryTruncation) {
    const std::size_t needed = kTraffic.rfind("13") + 1;
    for (std::size_t size = 0; size < kTraffic.size(); ++size) {
        const std::string cut(kTraffic.substr(0, size));
        EXPECT_EQ(parse_interface_traffic(cut).has_value(), size >= needed) << "cut to " << size;
    }
}

TEST(ParseInterfaceV6, ReadsPrefixAndScope) {
    constexpr std::string_view kLine = "fe80000000000000000000fffe000001 04 40 20 80     eth0";
    const auto found = parse_interface_v6(kLine);
    ASSERT_TRUE(found);
    EXPECT_EQ(found->first, "eth0");
    EXPECT_EQ(found->second.prefix_bits, 64);
    EXPECT_EQ(found->second.scope, 0x20U);
    for (std::size_t size = 0; size <= kLine.find("eth0"); ++size) {
        EXPECT_FALSE(parse_interface_v6(std::string(kLine.substr(0, size)))) << "cut to " << size;
    }
}

TEST(NaturalLess, ComparesTheNumberAtTheEndByItsValue) {
    std::vector<std::string> names{"eth1a", "eth10", "lo", "eth01", "eth2", "eth", "br0", "eth1"};
    std::sort(names.begin(), names.end(), natural_less);
    EXPECT_EQ(names, (std::vector<std::string>{"br0", "eth", "eth01", "eth1", "eth2", "eth10",
                                               "eth1a", "lo"}));
}

}  // namespace
}  // namespace tcpdx::proc_tables
