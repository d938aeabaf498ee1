#include "sources/procfs/tables/counter_groups.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace tcpdx::proc_tables {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;
using ::testing::SizeIs;

constexpr std::string_view kSnmp =
    "Ip: Forwarding DefaultTTL\n"
    "Ip: 2 64\n"
    "Tcp: MaxConn ActiveOpens\n"
    "Tcp: -1 17\n";

TEST(ParseCounterGroups, PairsNamesWithValues) {
    const CounterFile file = parse_counter_groups(kSnmp);
    EXPECT_FALSE(file.malformed);
    ASSERT_THAT(file.groups, SizeIs(2));
    EXPECT_EQ(file.groups[1].title, "Tcp");
    EXPECT_THAT(file.groups[1].counters,
                ElementsAre(Pair("MaxConn", UINT64_MAX), Pair("ActiveOpens", 17)));
}

TEST(ParseCounterGroups, CountsAMissingValueAsZero) {
    const CounterFile file = parse_counter_groups("Udp: InDatagrams NoPorts\nUdp: 5\n");
    ASSERT_THAT(file.groups, SizeIs(1));
    EXPECT_THAT(file.groups[0].counters, ElementsAre(Pair("InDatagrams", 5), Pair("NoPorts", 0)));
}

TEST(ParseCounterGroups, KeepsWhatCameBeforeAMalformedLine) {
    const CounterFile file =
        parse_counter_groups("Ip: A\nIp: 1\nno colon\nTcp: 1\nUdp: B\nUdp: 2\n");
    EXPECT_TRUE(file.malformed);
    ASSERT_THAT(file.groups, SizeIs(1));
}

TEST(ParseCounterGroups, SurvivesEveryTruncation) {
    for (std::size_t size = 0; size < kSnmp.size(); ++size) {
        const CounterFile file = parse_counter_groups(std::string(kSnmp.substr(0, size)));
        EXPECT_LE(file.groups.size(), 2U) << "cut to " << size;
    }
}

TEST(ParseSnmp6, BeginsAGroupWhereTheTitleChanges) {
    const auto groups =
        parse_snmp6("Ip6InReceives  3\nIp6OutRequests 4\nIcmp6InMsgs 5\nUdpLite6InDatagrams 0\n");
    ASSERT_THAT(groups, SizeIs(3));
    EXPECT_EQ(groups[0].title, "Ip6");
    EXPECT_THAT(groups[0].counters, SizeIs(2));
    EXPECT_EQ(groups[1].title, "Icmp6");
    EXPECT_EQ(groups[2].title, "UdpLite6");
}

TEST(ParseSctpSnmp, ReadsOneGroup) {
    const CounterGroup group = parse_sctp_snmp("SctpCurrEstab   \t7\nSctpActiveEstabs\t1\n");
    EXPECT_THAT(group.counters, ElementsAre(Pair("SctpCurrEstab", 7), Pair("SctpActiveEstabs", 1)));
}

}  // namespace
}  // namespace tcpdx::proc_tables
