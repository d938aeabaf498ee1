#include "presentation/text/ladder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string_view>

#include "presentation/text/display_width.h"

namespace tcpdx {
namespace {

using ::testing::HasSubstr;

bool table_has(TcpState from, TcpState to, SegmentSent sent) {
    const auto rows = transitions();
    return std::any_of(rows.begin(), rows.end(), [&](const Transition& row) {
        return row.from == from && row.to == to && row.sent == sent;
    });
}

// One end's way down a ladder, held against the table of transitions.
class End {
public:
    explicit End(TcpState start) : state_(start) {}

    void step(const LadderStep& step, std::optional<TcpState> next, bool sends, const char* title) {
        const SegmentSent sent = sends ? step.segment : SegmentSent::None;
        if (owed_) {
            // What answers a segment is in the line below it. A FIN carries an ACK too, so it can
            // take the place of one.
            const bool answered = table_has(owed_->first, owed_->second, sent) ||
                                  (sent == SegmentSent::Fin &&
                                   table_has(owed_->first, owed_->second, SegmentSent::Ack));
            EXPECT_TRUE(answered) << title << ": " << rfc_name(owed_->second);
            owed_.reset();
        }
        if (!next) {
            return;
        }
        EXPECT_TRUE(is_legal(state_, *next)) << title << ": " << rfc_name(*next);
        if (sends) {
            EXPECT_TRUE(table_has(state_, *next, sent)) << title << ": " << rfc_name(*next);
        } else if (step.direction != Direction::None) {
            owed_ = {state_, *next};
        }
        state_ = *next;
    }

private:
    TcpState state_;
    std::optional<std::pair<TcpState, TcpState>> owed_;
};

TEST(Ladders, TakeOnlyStepsThatTheTableOfTransitionsHas) {
    for (const Ladder& ladder : all_ladders()) {
        End left(ladder.left_start);
        End right(ladder.right_start);
        for (const LadderStep& step : ladder.steps) {
            left.step(step, step.left,
                      step.direction == Direction::ToRight || step.direction == Direction::Crossing,
                      ladder.title);
            right.step(step, step.right,
                       step.direction == Direction::ToLeft || step.direction == Direction::Crossing,
                       ladder.title);
        }
    }
}

TEST(Ladders, CarryTheSameSegmentsAsRfc9293Figures6And12) {
    const auto segments = [](const Ladder& ladder) {
        std::vector<SegmentSent> found;
        for (const LadderStep& step : ladder.steps) {
            if (step.direction != Direction::None) {
                found.push_back(step.segment);
            }
        }
        return found;
    };
    using enum SegmentSent;
    EXPECT_EQ(segments(three_way_open()), (std::vector{Syn, SynAck, Ack}));
    EXPECT_EQ(segments(four_way_close()), (std::vector{Fin, Ack, Fin, Ack}));
}

TEST(DrawLadder, PutsTheStatesOnBothSidesOfTheSegments) {
    EXPECT_EQ(draw(three_way_open(), {}, false),
              "Three-way open\n"
              "             client                                  server\n"
              "             CLOSED                                  LISTEN\n"
              "   connect() SYN-SENT      ---------- SYN ---------> SYN-RECEIVED\n"
              "             ESTABLISHED   <------- SYN+ACK --------\n"
              "                           ---------- ACK ---------> ESTABLISHED   accept()\n"
              "  The listener itself stays in LISTEN; the states on the right are those of the\n"
              "  new connection.\n");
}

TEST(DrawLadder, FitsEightyColumns) {
    for (const Ladder& ladder : all_ladders()) {
        std::string_view text;
        const std::string drawn = draw(ladder, {}, true);
        for (text = drawn; !text.empty(); text.remove_prefix(text.find('\n') + 1)) {
            EXPECT_LE(display_width(text.substr(0, text.find('\n'))), 80U) << ladder.title;
        }
    }
}

TEST(DrawLadder, LinesUpUnderWideTitles) {
    Ladder korean = three_way_open();
    korean.left_title = "여는 쪽";
    korean.right_title = "받는 쪽";
    const std::string drawn = draw(korean, {}, true);
    const auto column_of = [&](std::string_view word) {
        const std::size_t at = drawn.find(word);
        const std::size_t line = drawn.rfind('\n', at) + 1;
        return display_width(std::string_view(drawn).substr(line, at - line));
    };
    EXPECT_EQ(column_of("여는 쪽"), column_of("CLOSED"));
    EXPECT_EQ(column_of("받는 쪽"), column_of("LISTEN"));
    EXPECT_EQ(column_of("받는 쪽"), column_of("SYN-RECEIVED"));
}

TEST(DrawLadder, LetsSegmentsOfASimultaneousCloseCross) {
    const Ladder& ladder = *std::find_if(
        all_ladders().begin(), all_ladders().end(),
        [](const Ladder& each) { return std::string_view(each.title) == "Simultaneous close"; });
    EXPECT_THAT(draw(ladder, {}, false), HasSubstr("FIN-WAIT-1    <-- FIN+ACK X FIN+ACK -->"));
}

}  // namespace
}  // namespace tcpdx
