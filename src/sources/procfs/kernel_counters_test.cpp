#include "sources/procfs/kernel_counters.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tcpdx::procfs {
namespace {

using testing::Eq;
using testing::Optional;

Counters pairs(std::string_view text) {
    Counters counters;
    parse_counter_pairs(text, counters);
    return counters;
}

Counters lines(std::string_view text) {
    Counters counters;
    parse_counter_lines(text, counters);
    return counters;
}

constexpr std::string_view kNetstat =
    "TcpExt: SyncookiesSent ListenOverflows\nTcpExt: 5 29\nIpExt: InOctets\nIpExt: 123456\n";

TEST(ParseCounterPairs, NamesCountersAsNstatDoes) {
    const Counters counters = pairs(kNetstat);
    EXPECT_THAT(counters.value("TcpExtSyncookiesSent"), Optional(5U));
    EXPECT_THAT(counters.value("TcpExtListenOverflows"), Optional(29U));
    EXPECT_THAT(counters.value("IpExtInOctets"), Optional(123456U));
}

TEST(ParseCounterPairs, LeavesOutWhatIsNoCounter) {
    const Counters counters = pairs("Tcp: MaxConn ActiveOpens\nTcp: -1 7\n");
    EXPECT_THAT(counters.value("TcpMaxConn"), Eq(std::nullopt));
    EXPECT_THAT(counters.value("TcpActiveOpens"), Optional(7U));
}

TEST(ParseCounterPairs, NeverPairsTheLinesOfTwoProtocols) {
    EXPECT_TRUE(pairs("Ip: InReceives\nTcp: 5\n").empty());
}

TEST(ParseCounterPairs, NeverTakesACutNumber) {
    const Counters whole = pairs(kNetstat);
    for (std::size_t size = 0; size < kNetstat.size(); ++size) {
        const Counters cut = pairs(kNetstat.substr(0, size));
        for (const auto& [name, value] : cut.all()) {
            EXPECT_THAT(whole.value(name), Optional(value)) << "cut to " << size << " bytes";
        }
    }
}

constexpr std::string_view kSnmp6 = "Ip6InReceives  \t17\nIcmp6OutMsgs   \t4\n";

TEST(ParseCounterLines, ReadsOneCounterPerLine) {
    EXPECT_THAT(lines(kSnmp6).value("Ip6InReceives"), Optional(17U));
    EXPECT_THAT(lines(kSnmp6).value("Icmp6OutMsgs"), Optional(4U));
}

TEST(ParseCounterLines, NeverTakesACutNumber) {
    for (std::size_t size = 0; size < kSnmp6.size(); ++size) {
        const Counters cut = lines(kSnmp6.substr(0, size));
        for (const auto& [name, value] : cut.all()) {
            EXPECT_THAT(lines(kSnmp6).value(name), Optional(value)) << size;
        }
    }
}

constexpr std::string_view kSockstat =
    "sockets: used 314\nTCP: inuse 51 orphan 2 tw 33 alloc 60 mem 12\nUDP: inuse 9 mem 1\n";
constexpr std::string_view kSockstat6 = "TCP6: inuse 7\nUDP6: inuse 3\n";

TEST(ParseSocketTotals, AddsUpBothFamilies) {
    const SocketTotals totals = parse_socket_totals(kSockstat, kSockstat6);
    EXPECT_THAT(totals.in_use, Optional(58U));
    EXPECT_THAT(totals.orphans, Optional(2U));
    EXPECT_THAT(totals.time_wait, Optional(33U));
    EXPECT_THAT(totals.allocated, Optional(60U));
    EXPECT_THAT(totals.memory_pages, Optional(12U));
}

TEST(ParseSocketTotals, WorksWithoutIpv6) {
    EXPECT_THAT(parse_socket_totals(kSockstat, "").in_use, Optional(51U));
}

TEST(ParseSocketTotals, KnowsNothingOfEveryTruncationOfItsLine) {
    const std::size_t line_end = kSockstat.find("\nUDP");
    for (std::size_t size = 0; size <= line_end; ++size) {
        const SocketTotals totals = parse_socket_totals(kSockstat.substr(0, size), kSockstat6);
        EXPECT_THAT(totals.in_use, Eq(std::nullopt)) << size;
        EXPECT_THAT(totals.memory_pages, Eq(std::nullopt)) << size;
    }
}

TEST(ReadCounters, FindsTheCountersOfThisHost) {
    const auto counters = read_counters();
    ASSERT_TRUE(counters) << counters.error().doing;
    EXPECT_TRUE(counters->value("TcpActiveOpens"));
    EXPECT_TRUE(counters->value("TcpExtListenOverflows"));
    EXPECT_TRUE(counters->value("IpExtInOctets"));
}

TEST(ReadCounters, SaysWhichDirectoryIsMissing) {
    const auto counters = read_counters("/nonexistent");
    ASSERT_FALSE(counters);
    EXPECT_THAT(counters.error().doing, testing::HasSubstr("/nonexistent"));
}

TEST(ReadSocketTotals, FindsTheTotalsOfThisHost) {
    const auto totals = read_socket_totals();
    ASSERT_TRUE(totals) << totals.error().doing;
    EXPECT_TRUE(totals->in_use);
    EXPECT_TRUE(totals->orphans);
}

}  // namespace
}  // namespace tcpdx::procfs
