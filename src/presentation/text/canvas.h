#pragma once

// A sheet of character cells to draw boxes and arrows on. Lines remember in which directions they
// leave a cell, so where two meet the right corner or junction comes out by itself, in box-drawing
// characters or in ASCII.

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "presentation/text/output.h"

namespace tcpdx {

struct Point {
    std::size_t x = 0;
    std::size_t y = 0;
};

class Canvas {
public:
    Canvas(std::size_t width, std::size_t height);

    void box(Point corner, std::size_t width, std::size_t height);
    // Straight runs through all the points, with an arrow head on the last. The first lies on the
    // border of the box that the arrow leaves, the last beside the box that it points at.
    void arrow(std::span<const Point> path);
    // Covers what is under it. Must end within the sheet.
    void text(Point start, std::string_view utf8, Ink ink = Ink::Plain);

    // One string with newlines, without spaces at the ends of lines.
    [[nodiscard]] std::string render(const Screen& screen, bool unicode) const;

private:
    struct Cell {
        std::uint8_t lines = 0;  // directions, see canvas.cpp
        std::uint8_t head = 0;   // the one direction an arrow head points to
        bool covered = false;    // by a text that starts further left
        std::string text;        // the whole of a text that starts here
        Ink ink = Ink::Plain;
    };

    [[nodiscard]] Cell& at(Point point) { return cells_[point.y * width_ + point.x]; }
    void run(Point from, Point to);

    std::size_t width_;
    std::size_t height_;
    std::vector<Cell> cells_;
};

}  // namespace tcpdx
