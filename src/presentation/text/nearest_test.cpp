#include "presentation/text/nearest.h"

#include <gtest/gtest.h>

#include <array>
#include <string>

namespace tcpdx {
namespace {

constexpr std::array<std::string_view, 4> kWords{"TIME-WAIT", "CLOSE-WAIT", "CLOSING",
                                                 "close-wait-leak"};

TEST(Nearest, FindsTheWordBehindASlip) {
    EXPECT_EQ(nearest("tiem_wait", kWords), "TIME-WAIT");
    EXPECT_EQ(nearest("CLOSEWAIT", kWords), "CLOSE-WAIT");
    EXPECT_EQ(nearest("clsoing", kWords), "CLOSING");
    EXPECT_EQ(nearest("close-wait-leek", kWords), "close-wait-leak");
}

TEST(Nearest, SuggestsNothingForAnUnrelatedWord) {
    EXPECT_EQ(nearest("bananas", kWords), std::nullopt);
    EXPECT_EQ(nearest("", kWords), std::nullopt);
    EXPECT_EQ(nearest("x", kWords), std::nullopt);
    EXPECT_EQ(nearest(std::string(100'000, 'a'), kWords), std::nullopt);
    EXPECT_EQ(nearest("CLOSING", {}), std::nullopt);
}

}  // namespace
}  // namespace tcpdx
