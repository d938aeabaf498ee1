#include "model/trace/shared_parts.h"

#include <gtest/gtest.h>

namespace tcpdx::trace {
namespace {

SharedParts::Part of_process(int process) {
    return {.network_namespace = 7,
            .local = IpAddress::v4(0xc0000201),
            .owner = {.process = process, .name = {'n'}, .basis = OwnerBasis::Used},
            .user = 33};
}

TEST(SharedParts, GiveTheSameNumberToTheSame) {
    SharedParts parts;
    const auto one = parts.take(of_process(1));
    const auto two = parts.take(of_process(2));
    EXPECT_NE(one, 0);
    EXPECT_NE(one, two);
    EXPECT_EQ(parts.take(of_process(1)), one);
    Life life;
    parts.put_into(life, one);
    EXPECT_EQ(SharedParts::of(life), of_process(1));
    parts.put_into(life, two);
    EXPECT_EQ(SharedParts::of(life), of_process(2));
}

TEST(SharedParts, HaveRoomForManyAndSayWhenThereIsNone) {
    SharedParts parts;
    for (int process = 1; process <= 255; ++process) {
        ASSERT_NE(parts.take(of_process(process)), 0) << process;
    }
    EXPECT_EQ(parts.take(of_process(256)), 0);
    EXPECT_NE(parts.take(of_process(255)), 0) << "that is there already";
}

TEST(SharedParts, UseANumberAgainOnceAllOfItAreGone) {
    SharedParts parts;
    const auto number = parts.take(of_process(1));
    EXPECT_EQ(parts.take(of_process(1)), number);
    for (int process = 2; process <= 255; ++process) {
        ASSERT_NE(parts.take(of_process(process)), 0);
    }
    parts.give_back(number);
    EXPECT_EQ(parts.take(of_process(300)), 0) << "one life still has it";
    parts.give_back(number);
    EXPECT_EQ(parts.take(of_process(300)), number);
    Life life;
    parts.put_into(life, number);
    EXPECT_EQ(life.owner.process, 300);
    parts.give_back(0);
}

}  // namespace
}  // namespace tcpdx::trace
