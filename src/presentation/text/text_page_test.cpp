#include "presentation/text/text_page.h"

#include <gtest/gtest.h>

namespace tcpdx {
namespace {

class TextPageTest : public ::testing::Test {
protected:
    Screen screen{.width = 40};
    TextPage page{screen};
};

TEST_F(TextPageTest, IndentsWhatFollowsAnItemByItsWidth) {
    page.item("- ", "one two three four five six seven eight nine ten");
    EXPECT_EQ(page.take(),
              "  - one two three four five six seven\n"
              "    eight nine ten\n");
}

TEST_F(TextPageTest, MeasuresAKoreanLabelInColumns) {
    page.item("상태 ", "one two three four five six seven", 0);
    EXPECT_EQ(page.take(), "상태 one two three four five six seven\n");
    page.item("상태 ", "one two three four five six seven 12", 0);
    EXPECT_EQ(page.take(), "상태 one two three four five six seven\n     12\n");
}

TEST_F(TextPageTest, SeparatesSectionsByOneBlankLine) {
    page.gap();
    page.heading("First");
    page.gap();
    page.gap();
    page.paragraph("text");
    EXPECT_EQ(page.take(), "First\n\ntext\n");
}

TEST_F(TextPageTest, ReadsTheMarkdownThatRulePagesAreWrittenIn) {
    page.markdown(
        "# a-rule\n\nTwo lines of\none paragraph.\n\n## Check\n\n- first\n  goes on\n- `ss -t`\n"
        "1. numbered\n\n```\nss   -tan\n```\n| a | b |\n");
    EXPECT_EQ(page.take(),
              "a-rule\n\nTwo lines of one paragraph.\n\nCheck\n\n  - first goes on\n  - `ss -t`\n"
              "  1. numbered\n\n    ss   -tan\n| a | b |\n");
}

TEST_F(TextPageTest, SurvivesMarkdownCutAnywhere) {
    const std::string_view whole = "# t\n\n- a\n\n```\nx\n```\n| b |\n12. c\n";
    for (std::size_t size = 0; size <= whole.size(); ++size) {
        page.markdown(whole.substr(0, size));
        EXPECT_LE(page.take().size(), 2 * whole.size() + 8);
    }
}

}  // namespace
}  // namespace tcpdx
