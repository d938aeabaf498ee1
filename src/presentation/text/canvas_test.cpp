#include "presentation/text/canvas.h"

#include <gtest/gtest.h>

namespace tcpdx {
namespace {

TEST(Canvas, JoinsAnArrowToItsBoxAndTurnsCorners) {
    Canvas canvas(8, 5);
    canvas.box({0, 0}, 4, 3);
    canvas.arrow(std::array{Point{3, 1}, Point{6, 1}, Point{6, 4}});
    EXPECT_EQ(canvas.render({}, true),
              "┌──┐\n"
              "│  ├──┐\n"
              "└──┘  │\n"
              "      │\n"
              "      ▼\n");
    EXPECT_EQ(canvas.render({}, false),
              "+--+\n"
              "|  +--+\n"
              "+--+  |\n"
              "      |\n"
              "      v\n");
}

TEST(Canvas, PointsInEveryDirection) {
    Canvas canvas(5, 5);
    canvas.arrow(std::array{Point{2, 2}, Point{2, 0}});
    canvas.arrow(std::array{Point{2, 2}, Point{2, 4}});
    canvas.arrow(std::array{Point{2, 2}, Point{0, 2}});
    canvas.arrow(std::array{Point{2, 2}, Point{4, 2}});
    EXPECT_EQ(canvas.render({}, true), "  ▲\n  │\n◀─┼─▶\n  │\n  ▼\n");
}

TEST(Canvas, KeepsColumnsUnderWideText) {
    Canvas canvas(10, 3);
    canvas.box({0, 0}, 10, 3);
    canvas.text({2, 1}, "연결");
    EXPECT_EQ(canvas.render({}, true), "┌────────┐\n│ 연결   │\n└────────┘\n");
}

TEST(Canvas, ColoursTextOnlyWhereTheScreenDoes) {
    Canvas canvas(3, 1);
    canvas.text({1, 0}, "7", Ink::Bold);
    EXPECT_EQ(canvas.render({}, true), " 7\n");
    EXPECT_EQ(canvas.render({.terminal = true, .colour = true}, true), " \033[1m7\033[0m\n");
}

}  // namespace
}  // namespace tcpdx
