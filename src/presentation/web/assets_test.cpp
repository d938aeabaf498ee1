#include "presentation/web/assets.h"

#include <gmock/gmock.h>

#include <set>
#include <string>

namespace tcpdx::web {
namespace {

using testing::StartsWith;

class Assets : public testing::Test {
protected:
    void SetUp() override {
        if (assets().empty()) {
            GTEST_SKIP() << "built without the page (no npm)";
        }
    }
};

TEST_F(Assets, HaveAPageAtTheRoot) {
    const Asset* page = find_asset("/");
    ASSERT_NE(page, nullptr);
    EXPECT_THAT(page->content_type, StartsWith("text/html"));
    // The page names the others, so an old copy of it would ask for what is no more.
    EXPECT_FALSE(page->immutable);
}

TEST_F(Assets, AreCompressed) {
    for (const Asset& asset : assets()) {
        ASSERT_GE(asset.gzip.size(), 18U) << asset.path;
        EXPECT_EQ(asset.gzip[0], std::byte{0x1f}) << asset.path;
        EXPECT_EQ(asset.gzip[1], std::byte{0x8b}) << asset.path;
    }
}

TEST_F(Assets, HavePathsAndTagsOfTheirOwn) {
    std::set<std::string_view> paths;
    std::set<std::string_view> tags;
    for (const Asset& asset : assets()) {
        EXPECT_TRUE(paths.insert(asset.path).second) << asset.path;
        EXPECT_TRUE(tags.insert(asset.etag).second) << asset.path;
        EXPECT_THAT(asset.path, StartsWith("/"));
        EXPECT_THAT(asset.etag, StartsWith("\""));
    }
}

TEST_F(Assets, AreKeptForeverOnlyWhereThePathChangesWithTheContent) {
    for (const Asset& asset : assets()) {
        EXPECT_EQ(asset.immutable, asset.path.starts_with("/assets/")) << asset.path;
    }
}

TEST_F(Assets, FitTheBudgetOf120Kilobytes) {
    std::size_t total = 0;
    for (const Asset& asset : assets()) {
        total += asset.gzip.size();
    }
    EXPECT_LT(total, 120'000U);
}

TEST(FindAsset, KnowsNoOtherPaths) {
    EXPECT_EQ(find_asset("/../etc/passwd"), nullptr);
    EXPECT_EQ(find_asset(""), nullptr);
}

}  // namespace
}  // namespace tcpdx::web
