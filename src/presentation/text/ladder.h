#pragma once

// Ladders: two ends side by side, their states, and the segments that pass between them, top to
// bottom in time. The known courses of a connection are here as data.

#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "model/tcp_state.h"
#include "model/transitions.h"
#include "presentation/text/output.h"

namespace tcpdx {

enum class Direction : std::uint8_t {
    None,  // something happens at the ends, and nothing passes
    ToRight,
    ToLeft,
    Crossing,  // both send the same, and the two pass each other
};

// One line: what each end does, and the state that puts it into. The sender's state is the one
// after sending, the receiver's the one after receiving; no state means that it stays.
struct LadderStep {
    const char* left_event = "";  // a system call, shown as it is, or N_() marked
    std::optional<TcpState> left;
    Direction direction = Direction::None;
    SegmentSent segment = SegmentSent::None;
    std::optional<TcpState> right;
    const char* right_event = "";
};

struct Ladder {
    const char* title;  // N_() marked, as the next two are
    const char* left_title;
    const char* right_title;
    TcpState left_start;
    TcpState right_start;
    std::span<const LadderStep> steps;
    const char* remark;  // N_() marked
};

// The ordinary open and close, for the overview.
[[nodiscard]] const Ladder& three_way_open();
[[nodiscard]] const Ladder& four_way_close();

// Every ladder there is.
[[nodiscard]] std::span<const Ladder> all_ladders();

// At most 80 columns wide, in any language.
[[nodiscard]] std::string draw(const Ladder& ladder, const Screen& screen, bool unicode);

}  // namespace tcpdx
