#include "endpoint/sequence_ranges.h"

#include <gtest/gtest.h>

#include <random>
#include <set>

namespace tcpdx::endpoint {
namespace {

// A set of single numbers, kept beside, has to agree after everything, at every wrap.
TEST(SequenceRanges, AgreeWithASetOfNumbers) {
    std::mt19937 random(1);
    for (const std::uint32_t base : {0U, 0x7fffff80U, 0xffffff80U}) {
        SequenceRanges ranges;
        std::set<std::uint32_t> offsets;
        for (int step = 0; step < 2000; ++step) {
            const auto number = [&random](unsigned below) {
                return static_cast<std::uint32_t>(random() % below);
            };
            const std::uint32_t left = number(250);
            const std::uint32_t right = left + number(8);
            if (step % 10 == 9) {
                ranges.remove_before(base + left / 4);
                offsets.erase(offsets.begin(), offsets.lower_bound(left / 4));
            } else if (ranges.add({base + left, base + right})) {
                for (std::uint32_t i = left; i < right; ++i) {
                    offsets.insert(i);
                }
            }
            ASSERT_TRUE(ranges.is_consistent());
            std::uint32_t missing = 0;
            for (std::uint32_t i = 50; i < 150; ++i) {
                missing += offsets.contains(i) ? 0U : 1U;
            }
            ASSERT_EQ(ranges.missing_in({base + 50, base + 150}), missing);
            if (ranges.all().size() > 20) {
                ranges.clear();
                offsets.clear();
            }
        }
    }
}

TEST(SequenceRanges, DoNotGrowWithThePeersPatience) {
    SequenceRanges ranges;
    std::uint32_t at = 0;
    while (ranges.add({at, at + 1})) {
        at += 2;
        ASSERT_LE(ranges.all().size(), SequenceRanges::kCapacity);
    }
    EXPECT_EQ(ranges.all().size(), SequenceRanges::kCapacity);
    EXPECT_TRUE(ranges.add({1, 2}));  // what joins others always fits
}

TEST(SequenceRanges, FindTheFirstGap) {
    SequenceRanges ranges;
    ranges.add({10, 20});
    ranges.add({30, 40});
    EXPECT_EQ(ranges.first_missing_in({5, 50}), (SequenceRange{5, 10}));
    EXPECT_EQ(ranges.first_missing_in({10, 50}), (SequenceRange{20, 30}));
    EXPECT_EQ(ranges.first_missing_in({35, 50}), (SequenceRange{40, 50}));
    EXPECT_EQ(ranges.first_missing_in({12, 18}).size(), 0U);
}

}  // namespace
}  // namespace tcpdx::endpoint
