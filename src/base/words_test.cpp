#include "base/words.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tcpdx {
namespace {

using testing::Eq;
using testing::Optional;

TEST(TakeLine, HandsOutEachLineAndThenNothing) {
    std::string_view text = "one\n\nlast";
    EXPECT_THAT(take_line(text), Optional(Eq("one")));
    EXPECT_THAT(take_line(text), Optional(Eq("")));
    EXPECT_THAT(take_line(text), Optional(Eq("last")));
    EXPECT_THAT(take_line(text), Eq(std::nullopt));
}

TEST(TakeWord, SkipsBlanksOfAnyNumber) {
    std::string_view line = "  a \t bc ";
    EXPECT_THAT(take_word(line), Optional(Eq("a")));
    EXPECT_THAT(take_word(line), Optional(Eq("bc")));
    EXPECT_THAT(take_word(line), Eq(std::nullopt));
}

TEST(Trimmed, LeavesBlanksInsideAlone) {
    EXPECT_EQ(trimmed(" 32768\t60999\n"), "32768\t60999");
    EXPECT_EQ(trimmed(" \n"), "");
}

TEST(NumberIn, TakesOnlyAWholeNumber) {
    EXPECT_THAT(number_in<unsigned>("42"), Optional(42U));
    EXPECT_THAT(number_in<unsigned>("ff", 16), Optional(255U));
    for (const char* wrong : {"", "-", "4x", " 4", "4294967296"}) {
        EXPECT_THAT(number_in<unsigned>(wrong), Eq(std::nullopt)) << wrong;
    }
}

}  // namespace
}  // namespace tcpdx
