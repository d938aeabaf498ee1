#include "base/kept_descriptor.h"

#include <fcntl.h>
#include <gtest/gtest.h>

namespace tcpdx {
namespace {

TEST(KeptDescriptor, IsOpenedOnce) {
    KeptDescriptor kept;
    int opened = 0;
    const auto open = [&]() -> Result<UniqueFd> {
        ++opened;
        return UniqueFd(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    };
    const auto first = kept.get(open);
    const auto second = kept.get(open);
    ASSERT_TRUE(first && second);
    EXPECT_EQ(*first, *second);
    EXPECT_EQ(opened, 1);
}

TEST(KeptDescriptor, TriesAgainAfterAFailure) {
    KeptDescriptor kept;
    EXPECT_FALSE(
        kept.get([]() -> Result<UniqueFd> { return failure(ErrorCode::Unsupported, "opening"); }));
    EXPECT_TRUE(kept.get(
        []() -> Result<UniqueFd> { return UniqueFd(::open("/dev/null", O_RDONLY | O_CLOEXEC)); }));
}

}  // namespace
}  // namespace tcpdx
