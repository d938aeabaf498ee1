#include "presentation/text/rule_page.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace tcpdx {
namespace {

using ::testing::StartsWith;

TEST(RulePage, IsBuiltIntoTheProgram) {
    const auto page = rule_page("port-ready", Language::English);
    ASSERT_TRUE(page);
    EXPECT_THAT(std::string(*page), StartsWith("# port-ready\n"));
}

TEST(RulePage, FallsBackToEnglish) {
    EXPECT_TRUE(rule_page("port-ready", Language::Korean));
}

TEST(RulePage, IsEmptyForARuleWithoutOne) {
    EXPECT_FALSE(rule_page("no-such-rule", Language::English));
    EXPECT_FALSE(rule_page("", Language::Korean));
}

}  // namespace
}  // namespace tcpdx
