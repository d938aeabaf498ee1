#include "presentation/text/display_width.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tcpdx {
namespace {

using ::testing::ElementsAre;

TEST(DisplayWidth, CountsAHangulSyllableAsTwoColumns) {
    EXPECT_EQ(display_width("연결"), 4U);
    EXPECT_EQ(display_width("상태 TIME-WAIT"), 14U);
    EXPECT_EQ(display_width("漢字"), 4U);
}

TEST(DisplayWidth, CountsMarksThatJoinTheCharacterBeforeAsNone) {
    EXPECT_EQ(display_width("e\u0301"), 1U);
    EXPECT_EQ(display_width("\u1112\u1161\u11ab"), 2U);  // one syllable, spelled in its letters
    EXPECT_EQ(display_width("a\u200bb"), 2U);
}

TEST(DisplayWidth, CountsBoxDrawingAsOne) {
    EXPECT_EQ(display_width("┌─┐│→▶…"), 7U);
}

TEST(DisplayWidth, LeavesColoursOut) {
    EXPECT_EQ(display_width("\x1b[1;31m위험\x1b[0m"), 4U);
    EXPECT_EQ(display_width("\x1b[31"), 3U) << "an unfinished sequence is shown as text";
    EXPECT_EQ(display_width("\x1b[1;3 1m"), 7U) << "a line may be broken at its space";
}

TEST(DisplayWidth, CountsEveryByteThatIsNotUtf8AsOne) {
    EXPECT_EQ(display_width("\xff"), 1U);
    EXPECT_EQ(display_width("\xc0\x80"), 2U) << "overlong";
    EXPECT_EQ(display_width("\xed\xa0\x80"), 3U) << "half a surrogate pair";
    EXPECT_EQ(display_width("\xf4\x90\x80\x80"), 4U) << "beyond the last code point";
}

TEST(DisplayWidth, SurvivesEveryTruncation) {
    const std::string_view whole = "\x1b[1m연결 \xf0\x9f\x98\x80\x1b[0m";
    for (std::size_t size = 0; size <= whole.size(); ++size) {
        EXPECT_LE(display_width(whole.substr(0, size)), size);
    }
}

TEST(Pad, FillsByColumnsAndNeverCuts) {
    EXPECT_EQ(pad_right("연결", 6), "연결  ");
    EXPECT_EQ(pad_left("연결", 6), "  연결");
    EXPECT_EQ(pad_centre("연결", 7), " 연결  ");
    EXPECT_EQ(pad_right("연결", 3), "연결");
}

TEST(TruncateToWidth, MarksWhatWasCut) {
    EXPECT_EQ(truncate_to_width("연결 상태", 9), "연결 상태");
    EXPECT_EQ(truncate_to_width("연결 상태", 8), "연결 상…");
    EXPECT_EQ(truncate_to_width("연결 상태", 7), "연결 …") << "half a syllable does not fit";
    EXPECT_EQ(truncate_to_width("abcdef", 4, "~"), "abc~");
    EXPECT_EQ(truncate_to_width("abcdef", 0), "");
}

TEST(WrapText, BreaksAtSpaces) {
    EXPECT_THAT(wrap_text("one two three", 7), ElementsAre("one two", "three"));
    EXPECT_THAT(wrap_text("연결이 끊어진 뒤에도", 13), ElementsAre("연결이 끊어진", "뒤에도"));
    EXPECT_THAT(wrap_text("연결이 끊어진 뒤에도", 12), ElementsAre("연결이", "끊어진", "뒤에도"));
}

TEST(WrapText, BreaksInsideAWordOnlyWhenItIsWiderThanALine) {
    EXPECT_THAT(wrap_text("가나다라마", 4), ElementsAre("가나", "다라", "마"));
    EXPECT_THAT(wrap_text("ab 가나다라", 5), ElementsAre("ab", "가나", "다라"));
    EXPECT_THAT(wrap_text("가나", 1), ElementsAre("가", "나")) << "too wide beats never ending";
}

TEST(WrapText, KeepsNewLines) {
    EXPECT_THAT(wrap_text("a\n\nb ", 10), ElementsAre("a", "", "b"));
    EXPECT_THAT(wrap_text("", 10), ElementsAre(""));
    EXPECT_THAT(wrap_text("a", 0), ElementsAre("a"));
}

}  // namespace
}  // namespace tcpdx
