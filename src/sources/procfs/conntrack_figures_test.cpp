#include "sources/procfs/conntrack_figures.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tcpdx::procfs {
namespace {

using testing::Eq;
using testing::Optional;

Conntrack parsed(std::string_view text) {
    Conntrack figures;
    parse_conntrack_statistics(text, figures);
    return figures;
}

constexpr std::string_view kTwoCpus =
    "entries  clashres found new insert insert_failed drop early_drop icmp_error\n"
    "00000010  00000000 00000001 00000002 00000003 0000000a 0000000b 00000001 00000000\n"
    "00000010  00000000 00000001 00000002 00000003 00000001 00000005 00000000 00000000\n";

TEST(ParseConntrackStatistics, SumsTheHexadecimalColumnsOfAllCpus) {
    const Conntrack figures = parsed(kTwoCpus);
    EXPECT_THAT(figures.insert_failed, Optional(11U));
    EXPECT_THAT(figures.drop, Optional(16U));
    EXPECT_THAT(figures.early_drop, Optional(1U));
}

TEST(ParseConntrackStatistics, LeavesOutAColumnThatThisKernelDoesNotHave) {
    const Conntrack figures = parsed("entries drop\n00000001 00000002\n");
    EXPECT_THAT(figures.drop, Optional(2U));
    EXPECT_THAT(figures.early_drop, Eq(std::nullopt));
}

TEST(ParseConntrackStatistics, GivesNoSumWhenARowIsDamaged) {
    EXPECT_THAT(parsed("entries drop\n00000001 00000002\n00000001\n").drop, Eq(std::nullopt));
}

TEST(ParseConntrackStatistics, SurvivesEveryTruncation) {
    for (std::size_t size = 0; size < kTwoCpus.size(); ++size) {
        const auto drop = parsed(kTwoCpus.substr(0, size)).drop;
        // Whole rows may be missing; a part of a number must not be taken for one.
        EXPECT_TRUE(!drop || *drop == 11 || *drop == 16) << size;
    }
}

}  // namespace
}  // namespace tcpdx::procfs
