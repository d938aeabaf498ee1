#include "presentation/text/ladder.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/i18n.h"
#include "presentation/i18n.h"
#include "presentation/text/display_width.h"

namespace tcpdx {
namespace {

using enum TcpState;

// | call 12 | state 13 | arrow 25 | state 13 | call 12 | and gaps: 79 columns. Odd, so that
// crossing arrows have a middle.
constexpr std::size_t kEventColumns = 12;
constexpr std::size_t kStateColumns = 13;
constexpr std::size_t kArrowColumns = 25;

constexpr LadderStep kThreeWayOpen[] = {
    {"connect()", SynSent, Direction::ToRight, SegmentSent::Syn, SynReceived, ""},
    {"", Established, Direction::ToLeft, SegmentSent::SynAck, {}, ""},
    {"", {}, Direction::ToRight, SegmentSent::Ack, Established, "accept()"},
};

constexpr LadderStep kFourWayClose[] = {
    {"close()", FinWait1, Direction::ToRight, SegmentSent::Fin, CloseWait, N_("read() is 0")},
    {"", FinWait2, Direction::ToLeft, SegmentSent::Ack, {}, ""},
    {"", TimeWait, Direction::ToLeft, SegmentSent::Fin, LastAck, "close()"},
    {"", {}, Direction::ToRight, SegmentSent::Ack, Closed, ""},
    {N_("2MSL: 60 s"), Closed, Direction::None, SegmentSent::None, {}, ""},
};

constexpr LadderStep kThreeSegmentClose[] = {
    {"close()", FinWait1, Direction::ToRight, SegmentSent::Fin, CloseWait, N_("read() is 0")},
    {"", TimeWait, Direction::ToLeft, SegmentSent::Fin, LastAck, "close()"},
    {"", {}, Direction::ToRight, SegmentSent::Ack, Closed, ""},
    {N_("2MSL: 60 s"), Closed, Direction::None, SegmentSent::None, {}, ""},
};

constexpr LadderStep kSimultaneousClose[] = {
    {"close()", FinWait1, Direction::Crossing, SegmentSent::Fin, FinWait1, "close()"},
    {"", Closing, Direction::Crossing, SegmentSent::Ack, Closing, ""},
    {"", TimeWait, Direction::None, SegmentSent::None, TimeWait, ""},
    {N_("2MSL: 60 s"), Closed, Direction::None, SegmentSent::None, Closed, N_("2MSL: 60 s")},
};

constexpr LadderStep kSimultaneousOpen[] = {
    {"connect()", SynSent, Direction::Crossing, SegmentSent::Syn, SynSent, "connect()"},
    {"", SynReceived, Direction::Crossing, SegmentSent::SynAck, SynReceived, ""},
    {"", Established, Direction::None, SegmentSent::None, Established, ""},
};

constexpr LadderStep kRefused[] = {
    {"connect()", SynSent, Direction::ToRight, SegmentSent::Syn, {}, ""},
    {"ECONNREFUSED", Closed, Direction::ToLeft, SegmentSent::Rst, {}, ""},
};

constexpr LadderStep kReset[] = {
    {"close()", Closed, Direction::ToRight, SegmentSent::Rst, Closed, "ECONNRESET"},
};

constexpr std::array kLadders{
    Ladder{N_("Three-way open"), N_("client"), N_("server"), Closed, Listen, kThreeWayOpen,
           N_("The listener itself stays in LISTEN; the states on the right are those of the new "
              "connection.")},
    Ladder{N_("Four-way close"), N_("closes first"), N_("closes second"), Established, Established,
           kFourWayClose,
           N_("Either end may close first. CLOSE-WAIT lasts until the program there calls "
              "close().")},
    Ladder{N_("Close in three segments"), N_("closes first"), N_("closes second"), Established,
           Established, kThreeSegmentClose,
           N_("When the second end closes at once, its FIN carries the ACK, and FIN-WAIT-2 is "
              "passed over.")},
    Ladder{N_("Simultaneous close"), N_("one end"), N_("other end"), Established, Established,
           kSimultaneousClose, N_("Both ends get TIME-WAIT.")},
    Ladder{N_("Simultaneous open"), N_("one end"), N_("other end"), Closed, Closed,
           kSimultaneousOpen,
           N_("Both ends call connect() to each other; one connection results.")},
    Ladder{
        N_("Refused"), N_("client"), N_("server"), Closed, Closed, kRefused,
        N_("The RST comes within one round trip, so a refused SYN-SENT does not last. A firewall "
           "can send the same RST.")},
    Ladder{N_("Reset"), N_("closes with unread data"), N_("peer"), Established, Established, kReset,
           N_("No FIN and no TIME-WAIT. An abort (SO_LINGER 0) looks the same.")},
};

std::string repeated(std::string_view piece, std::size_t times) {
    std::string text;
    for (std::size_t count = 0; count < times; ++count) {
        text += piece;
    }
    return text;
}

// As it is on the wire: only the first SYN and some resets go without ACK.
std::string_view flags_of(SegmentSent segment) {
    return segment == SegmentSent::Fin ? "FIN+ACK" : segment_name(segment);
}

std::string arrow_of(const LadderStep& step, bool unicode) {
    const std::string_view line = unicode ? "─" : "-";
    const std::string name = fmt::format(" {} ", flags_of(step.segment));
    const std::size_t rest = kArrowColumns - name.size();
    switch (step.direction) {
        case Direction::None:
            return pad_right("", kArrowColumns);
        case Direction::ToRight:
            return repeated(line, rest / 2) + name + repeated(line, rest - rest / 2 - 1) +
                   (unicode ? "▶" : ">");
        case Direction::ToLeft:
            return (unicode ? "◀" : "<") + repeated(line, rest / 2 - 1) + name +
                   repeated(line, rest - rest / 2);
        case Direction::Crossing: {
            const std::size_t half = (kArrowColumns - 2 * name.size() - 3) / 2;
            const std::string arm = repeated(line, half);
            return (unicode ? "◀" : "<") + arm + name + (unicode ? "╳" : "X") + name + arm +
                   (unicode ? "▶" : ">");
        }
    }
    return {};
}

std::string line_of(std::string_view left_event, std::string_view left, std::string_view arrow,
                    std::string_view right, std::string_view right_event) {
    std::string line = fmt::format("{} {} {} {} {}", pad_left(left_event, kEventColumns),
                                   pad_right(left, kStateColumns), arrow,
                                   pad_right(right, kStateColumns), right_event);
    line.erase(line.find_last_not_of(' ') + 1);
    return line + '\n';
}

std::string_view name_of(std::optional<TcpState> state) {
    return state ? rfc_name(*state) : std::string_view();
}

}  // namespace

const Ladder& three_way_open() {
    return kLadders[0];
}

const Ladder& four_way_close() {
    return kLadders[1];
}

std::span<const Ladder> all_ladders() {
    return kLadders;
}

std::string draw(const Ladder& ladder, const Screen& screen, bool unicode) {
    const std::string indent(kEventColumns + 1, ' ');
    // The titles stand over the states; a long one may reach over the arrow's column.
    const std::size_t before_right = kStateColumns + 1 + kArrowColumns + 1;
    std::string text = inked(screen, Ink::Bold, _(ladder.title)) + '\n';
    text += indent + pad_right(_(ladder.left_title), before_right) + _(ladder.right_title) + '\n';
    text += line_of("", rfc_name(ladder.left_start), std::string(kArrowColumns, ' '),
                    rfc_name(ladder.right_start), "");
    for (const LadderStep& step : ladder.steps) {
        text += line_of(_(step.left_event), name_of(step.left), arrow_of(step, unicode),
                        name_of(step.right), _(step.right_event));
    }
    const std::size_t width = std::clamp<std::size_t>(screen.width, 40, 80);
    for (const std::string& line : wrap_text(_(ladder.remark), width - 2)) {
        text += "  " + line + '\n';
    }
    return text;
}

}  // namespace tcpdx
