#include "presentation/text/canvas.h"

#include <array>
#include <cassert>

#include "presentation/text/display_width.h"

namespace tcpdx {
namespace {

constexpr std::uint8_t kUp = 1;
constexpr std::uint8_t kDown = 2;
constexpr std::uint8_t kLeft = 4;
constexpr std::uint8_t kRight = 8;

// Indexed by the directions that lines leave the cell in.
constexpr std::array<std::string_view, 16> kBoxDrawing{" ", "│", "│", "│", "─", "┘", "┐", "┤",
                                                       "─", "└", "┌", "├", "─", "┴", "┬", "┼"};
constexpr std::array<std::string_view, 16> kAscii{" ", "|", "|", "|", "-", "+", "+", "+",
                                                  "-", "+", "+", "+", "-", "+", "+", "+"};

std::string_view head_of(std::uint8_t direction, bool unicode) {
    switch (direction) {
        case kUp:
            return unicode ? "▲" : "^";
        case kDown:
            return unicode ? "▼" : "v";
        case kLeft:
            return unicode ? "◀" : "<";
        default:
            return unicode ? "▶" : ">";
    }
}

std::uint8_t direction(Point from, Point to) {
    if (from.x == to.x) {
        return to.y > from.y ? kDown : kUp;
    }
    assert(from.y == to.y);
    return to.x > from.x ? kRight : kLeft;
}

std::uint8_t opposite(std::uint8_t direction) {
    switch (direction) {
        case kUp:
            return kDown;
        case kDown:
            return kUp;
        case kLeft:
            return kRight;
        default:
            return kLeft;
    }
}

Point next(Point point, std::uint8_t direction) {
    switch (direction) {
        case kUp:
            return {point.x, point.y - 1};
        case kDown:
            return {point.x, point.y + 1};
        case kLeft:
            return {point.x - 1, point.y};
        default:
            return {point.x + 1, point.y};
    }
}

}  // namespace

Canvas::Canvas(std::size_t width, std::size_t height)
    : width_(width), height_(height), cells_(width * height) {}

void Canvas::run(Point from, Point to) {
    if (from.x == to.x && from.y == to.y) {
        return;
    }
    const std::uint8_t onward = direction(from, to);
    while (from.x != to.x || from.y != to.y) {
        at(from).lines |= onward;
        from = next(from, onward);
        at(from).lines |= opposite(onward);
    }
}

void Canvas::box(Point corner, std::size_t width, std::size_t height) {
    const std::size_t right = corner.x + width - 1;
    const std::size_t bottom = corner.y + height - 1;
    run(corner, {right, corner.y});
    run({right, corner.y}, {right, bottom});
    run({right, bottom}, {corner.x, bottom});
    run({corner.x, bottom}, corner);
}

void Canvas::arrow(std::span<const Point> path) {
    assert(path.size() >= 2);
    for (std::size_t index = 1; index < path.size(); ++index) {
        run(path[index - 1], path[index]);
    }
    at(path.back()).head = direction(path[path.size() - 2], path.back());
}

void Canvas::text(Point start, std::string_view utf8, Ink ink) {
    const std::size_t columns = display_width(utf8);
    assert(start.x + columns <= width_ && start.y < height_);
    for (std::size_t x = start.x; x < start.x + columns; ++x) {
        at({x, start.y}).covered = true;
    }
    Cell& cell = at(start);
    cell.text = utf8;
    cell.ink = ink;
}

std::string Canvas::render(const Screen& screen, bool unicode) const {
    std::string sheet;
    for (std::size_t y = 0; y < height_; ++y) {
        std::string line;
        std::size_t inked_bytes = 0;  // of the line, up to its last cell that is not blank
        for (std::size_t x = 0; x < width_; ++x) {
            const Cell& cell = cells_[y * width_ + x];
            if (cell.covered) {
                line += inked(screen, cell.ink, cell.text);
            } else if (cell.head != 0) {
                line += head_of(cell.head, unicode);
            } else {
                line += (unicode ? kBoxDrawing : kAscii).at(cell.lines);
            }
            if (cell.covered || cell.head != 0 || cell.lines != 0) {
                inked_bytes = line.size();
            }
        }
        line.resize(inked_bytes);
        sheet += line;
        sheet += '\n';
    }
    return sheet;
}

}  // namespace tcpdx
