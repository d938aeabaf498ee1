#include "wire/sequence.h"

#include <gtest/gtest.h>

namespace tcpdx::wire {
namespace {

TEST(Sequence, OrdersAcrossTheWrap) {
    EXPECT_TRUE(before(0xfffffff0, 0x10));
    EXPECT_TRUE(after(0x10, 0xfffffff0));
    EXPECT_FALSE(before(0x10, 0xfffffff0));
    EXPECT_EQ(sequence_distance(0xfffffff0, 0x10), 0x20);
}

TEST(Sequence, IsNotBeforeItself) {
    EXPECT_FALSE(before(5, 5));
    EXPECT_TRUE(at_or_before(5, 5));
    EXPECT_TRUE(at_or_after(5, 5));
}

TEST(Sequence, ARangeAcrossTheWrapHoldsBothItsSides) {
    EXPECT_TRUE(in_range(0xfffffffe, 0xfffffff0, 0x20));
    EXPECT_TRUE(in_range(0x0f, 0xfffffff0, 0x20));
    EXPECT_FALSE(in_range(0x10, 0xfffffff0, 0x20));
    EXPECT_FALSE(in_range(7, 7, 0));
}

}  // namespace
}  // namespace tcpdx::wire
