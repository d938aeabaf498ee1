#include "presentation/text/state_diagram.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/i18n.h"
#include "model/transitions.h"
#include "presentation/i18n.h"
#include "presentation/text/canvas.h"
#include "presentation/text/display_width.h"

namespace tcpdx {
namespace {

using enum TcpState;

constexpr std::size_t kColumns = 80;
constexpr std::size_t kRows = 38;
constexpr std::size_t kBoxWidth = 16;
constexpr std::size_t kBoxHeight = 4;

struct Box {
    Point corner;
    TcpState state = Closed;
    bool counted = true;
};

constexpr Box kBoxes[] = {
    {{32, 0}, Closed},
    {{1, 6}, Listen},
    {{63, 6}, SynSent},
    {{1, 12}, SynReceived},
    {{32, 16}, Established},
    {{1, 22}, FinWait1},
    {{63, 22}, CloseWait},
    {{1, 28}, FinWait2},
    {{32, 28}, Closing},
    {{63, 28}, LastAck},
    {{32, 34}, TimeWait},
    {{63, 34}, Closed, false},  // the end of every connection, drawn apart to keep lines short
};

// `event` says in short what the table's row of this kind says in full; what is sent comes from it.
struct Arrow {
    TcpState from = Closed;
    TcpState to = Closed;
    CauseKind kind = CauseKind::SystemCall;
    const char* event = "";
    std::array<Point, 5> path;
    std::size_t points = 0;
    Point label;
};

constexpr auto kCall = CauseKind::SystemCall;
constexpr auto kSegment = CauseKind::Segment;

constexpr Arrow kArrows[] = {
    {Closed, Listen, kCall, "listen()", {{{32, 1}, {8, 1}, {8, 5}}}, 3, {16, 0}},
    {Listen, Closed, kCall, "close()", {{{12, 6}, {12, 2}, {31, 2}}}, 3, {16, 3}},
    {Closed, SynSent, kCall, "connect()", {{{47, 1}, {71, 1}, {71, 5}}}, 3, {50, 0}},
    {SynSent, Closed, kCall, "close()", {{{67, 6}, {67, 2}, {48, 2}}}, 3, {50, 3}},
    {Listen, SynReceived, kSegment, "SYN", {{{8, 9}, {8, 11}}}, 2, {10, 10}},
    {SynSent, SynReceived, kSegment, "SYN", {{{67, 9}, {67, 13}, {17, 13}}}, 3, {34, 12}},
    {SynReceived, Established, kSegment, "ACK", {{{16, 14}, {39, 14}, {39, 15}}}, 3, {20, 15}},
    {SynSent, Established, kSegment, "SYN+ACK", {{{71, 9}, {71, 17}, {48, 17}}}, 3, {50, 16}},
    {SynReceived, FinWait1, kCall, "close()", {{{8, 15}, {8, 21}}}, 2, {10, 18}},
    {Established, FinWait1, kCall, "close()", {{{37, 19}, {37, 23}, {17, 23}}}, 3, {20, 22}},
    {Established, CloseWait, kSegment, "FIN", {{{42, 19}, {42, 23}, {62, 23}}}, 3, {46, 22}},
    {FinWait1, Closing, kSegment, "FIN", {{{16, 24}, {39, 24}, {39, 27}}}, 3, {20, 25}},
    {FinWait1, FinWait2, kSegment, "ACK", {{{5, 25}, {5, 27}}}, 2, {7, 26}},
    {FinWait1,
     TimeWait,
     kSegment,
     "FIN+ACK",
     {{{13, 25}, {13, 26}, {18, 26}, {18, 35}, {31, 35}}},
     5,
     {20, 27}},
    {FinWait2, TimeWait, kSegment, "FIN", {{{8, 31}, {8, 36}, {31, 36}}}, 3, {12, 37}},
    {Closing, TimeWait, kSegment, "ACK", {{{39, 31}, {39, 33}}}, 2, {41, 32}},
    {CloseWait, LastAck, kCall, "close()", {{{71, 25}, {71, 27}}}, 2, {57, 26}},
    {LastAck, Closed, kSegment, "ACK", {{{71, 31}, {71, 33}}}, 2, {73, 32}},
    {TimeWait, Closed, CauseKind::Timer, N_("2MSL: 60 s"), {{{47, 35}, {62, 35}}}, 2, {50, 34}},
};

// The ordinary way of this kind between the two: the first in the table. Null would be an arrow
// that TCP does not have; a test keeps that from happening.
const Transition* row_of(const Arrow& arrow) {
    const auto rows = transitions();
    const auto found = std::find_if(rows.begin(), rows.end(), [&](const Transition& row) {
        return row.from == arrow.from && row.to == arrow.to && row.kind == arrow.kind;
    });
    return found == rows.end() ? nullptr : &*found;
}

bool is_drawn(TcpState from, TcpState to) {
    return std::any_of(std::begin(kArrows), std::end(kArrows),
                       [&](const Arrow& arrow) { return arrow.from == from && arrow.to == to; });
}

std::string label_of(const Arrow& arrow) {
    const Transition* row = row_of(arrow);
    const std::string_view sent = row == nullptr ? "" : segment_name(row->sent);
    return sent.empty() ? _(arrow.event) : fmt::format("{} / {}", _(arrow.event), sent);
}

void draw_box(Canvas& canvas, const Box& box, const StateCounts& counts) {
    constexpr std::size_t kInside = kBoxWidth - 2;
    canvas.box(box.corner, kBoxWidth, kBoxHeight);
    canvas.text({box.corner.x + 1, box.corner.y + 1}, pad_centre(rfc_name(box.state), kInside));
    if (!box.counted) {
        return;
    }
    const auto count = counts.at(static_cast<std::size_t>(box.state));
    const bool any = count.value_or(0) > 0;
    canvas.text({box.corner.x + 1, box.corner.y + 2},
                pad_centre(count ? fmt::format("{}", *count) : "-", kInside),
                any ? Ink::Bold : Ink::Dim);
}

void append_wrapped(std::string& text, std::string_view paragraph, std::size_t width,
                    std::string_view indent) {
    for (const std::string& line : wrap_text(paragraph, width - display_width(indent))) {
        text += indent;
        text += line;
        text += '\n';
    }
}

// "LISTEN → SYN-SENT: connect() or send() on a listening socket (not in Linux)"
std::string one_not_drawn(TcpState from, TcpState to, bool unicode) {
    std::string causes;
    Standing standing = Standing::Everywhere;
    for (const Transition* row : transitions_from(from)) {
        if (row->to == to) {
            causes += causes.empty() ? "" : "; ";
            causes += _(row->cause);
            standing = row->standing;
        }
    }
    if (standing == Standing::RfcOnly) {
        causes += fmt::format(" ({})", _("not in Linux"));
    } else if (standing == Standing::LinuxOnly) {
        causes += fmt::format(" ({})", _("only in Linux"));
    }
    return fmt::format("{} {} {}: {}", rfc_name(from), unicode ? "→" : "->", rfc_name(to), causes);
}

}  // namespace

StateCounts count_states(const Observations& seen) {
    StateCounts counts;
    for (const TcpState state : kAllTcpStates) {
        const bool listed = state == Listen ? seen.coverage.listeners : seen.coverage.connections;
        if (listed) {
            counts.at(static_cast<std::size_t>(state)) = seen.count(state);
        }
    }
    return counts;
}

std::string state_diagram(const StateCounts& counts, const Screen& screen, bool unicode) {
    Canvas canvas(kColumns, kRows);
    for (const Box& box : kBoxes) {
        draw_box(canvas, box, counts);
    }
    for (const Arrow& arrow : kArrows) {
        canvas.arrow(std::span(arrow.path).first(arrow.points));
    }
    for (const Arrow& arrow : kArrows) {
        canvas.text(arrow.label, label_of(arrow));
    }
    return canvas.render(screen, unicode);
}

std::string transitions_not_drawn(const Screen& screen, bool unicode) {
    std::string to_closed;
    std::vector<std::string> others;
    for (const TcpState from : kAllTcpStates) {
        for (const TcpState to : kAllTcpStates) {
            if (!is_legal(from, to) || is_drawn(from, to)) {
                continue;
            }
            if (to == Closed) {
                to_closed += to_closed.empty() ? "" : ", ";
                to_closed += rfc_name(from);
            } else {
                others.push_back(one_not_drawn(from, to, unicode));
            }
        }
    }
    const std::size_t width = std::clamp<std::size_t>(screen.width, 20, kColumns);
    std::string text;
    append_wrapped(
        text,
        fmt::format(
            fmt::runtime(_("A reset, a timeout or an abort also leads to CLOSED from {0}.")),
            to_closed),
        width, "");
    for (const std::string& other : others) {
        append_wrapped(text, other, width, "  ");
    }
    return text;
}

std::vector<DrawnArrow> drawn_arrows() {
    std::vector<DrawnArrow> arrows;
    for (const Arrow& arrow : kArrows) {
        if (row_of(arrow) != nullptr) {
            arrows.push_back({arrow.from, arrow.to});
        }
    }
    return arrows;
}

}  // namespace tcpdx
