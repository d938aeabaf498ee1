#include "presentation/netstat/statistics.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "model/netstat_texts/counter_texts.h"

namespace tcpdx::netstat {
namespace {

Options everything() {
    Options options;
    options.tcp = options.udp = options.raw = options.sctp = true;
    return options;
}

TEST(Statistics, SpeaksOfKnownCountersAndNamesTheOthers) {
    const Options options = everything();
    Statistics statistics(options);
    LineBuffer out;
    statistics.append(
        out, {.title = "Tcp", .counters = {{"RtoAlgorithm", 1}, {"ActiveOpens", 13}, {"New", 4}}});
    EXPECT_EQ(out.text(), "Tcp:\n    13 active connection openings\n    New: 4\n");
}

TEST(Statistics, CarriesTheIndentOfAHistogramIntoAnUnknownTable) {
    const Options options = everything();
    Statistics statistics(options);
    LineBuffer out;
    statistics.append(out, {.title = "Icmp", .counters = {{"OutEchos", 0}}});
    statistics.append(out, {.title = "IcmpMsg", .counters = {{"InType3", 1}}});
    EXPECT_EQ(out.text(), "Icmp:\n    ICMP output histogram:\nIcmpMsg:\n        InType3: 1\n");
}

TEST(Statistics, LeavesOutATableThatIsNotAskedFor) {
    Options options;
    options.tcp = true;
    Statistics statistics(options);
    LineBuffer out;
    statistics.append(out, {.title = "Udp", .counters = {{"InDatagrams", 1}}});
    EXPECT_EQ(out.text(), "");
}

TEST(CounterTexts, AreSortedByName) {
    for (const auto& texts : {kIpTexts, kIcmpTexts, kTcpTexts, kUdpTexts, kTcpExtTexts, kSctpTexts,
                              kIp6Texts, kIcmp6Texts, kUdp6Texts}) {
        EXPECT_TRUE(std::is_sorted(texts.begin(), texts.end(),
                                   [](const CounterText& left, const CounterText& right) {
                                       return left.name < right.name;
                                   }));
    }
}

}  // namespace
}  // namespace tcpdx::netstat
