#include "presentation/trace/trace_ladders.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "base/i18n.h"
#include "presentation/i18n.h"
#include "presentation/list/printable.h"
#include "presentation/render.h"
#include "presentation/text/display_width.h"
#include "presentation/trace/cells.h"
#include "presentation/trace/trace_words.h"

namespace tcpdx::trace {
namespace {

constexpr std::size_t kTime = 11;
constexpr std::size_t kState = 13;
constexpr std::size_t kArrow = 23;

bool is_done(const Life& life) {
    return life.state() == TcpState::TimeWait || life.state() == TcpState::Closed;
}

// The segment that a transition with a segment for its cause was caused by.
std::string_view segment_received(const Transition& cause) {
    switch (cause.to) {
        case TcpState::SynReceived:
            return "SYN";
        case TcpState::Established:
            return cause.from == TcpState::SynSent ? "SYN+ACK" : "ACK";
        case TcpState::CloseWait:
        case TcpState::Closing:
            return "FIN+ACK";
        case TcpState::TimeWait:
            return cause.from == TcpState::Closing ? "ACK" : "FIN+ACK";
        case TcpState::FinWait2:
            return "ACK";
        case TcpState::Closed:
            return std::string_view(cause.cause).starts_with("RST")    ? "RST"
                   : std::string_view(cause.cause).starts_with("ACK")  ? "ACK"
                   : std::string_view(cause.cause).starts_with("ICMP") ? "ICMP"
                                                                       : "";
        case TcpState::Listen:
        case TcpState::SynSent:
        case TcpState::FinWait1:
        case TcpState::LastAck:
            break;
    }
    return "";
}

// As it is on the wire: a FIN goes with an ACK.
std::string_view flags_of(SegmentSent segment) {
    return segment == SegmentSent::Fin ? "FIN+ACK" : segment_name(segment);
}

std::string repeated(std::string_view piece, std::size_t times) {
    std::string text;
    for (std::size_t i = 0; i < times; ++i) {
        text += piece;
    }
    return text;
}

std::string arrow(std::string_view segment, bool to_right) {
    const bool unicode = can_show_unicode();
    const std::string name = fmt::format(" {} ", segment);
    const std::size_t line = kArrow - name.size() - 1;
    const std::string_view dash = unicode ? "─" : "-";
    const std::string left = repeated(dash, line / 2);
    const std::string right = repeated(dash, line - line / 2);
    if (to_right) {
        return left + name + right + (unicode ? "▶" : ">");
    }
    return (unicode ? "◀" : "<") + left + name + right;
}

class Drawing {
public:
    Drawing(Time begin, const TraceContext& context) : begin_(begin), context_(context) {}

    void titles(const std::string& left, const std::string& right) {
        text_ += inked(context_.screen, Ink::Bold,
                       std::string(kTime + 1, ' ') + pad_right(left, kState + kArrow + 2) + right);
        text_ += '\n';
    }

    // One step of the end on that side. `alone`: the other end is not seen, so what comes from it
    // is drawn here too.
    void step(const Life& life, std::size_t index, bool on_left, bool alone) {
        const Step& step = life.steps()[index];
        const std::string_view state = rfc_name(step.state);
        const std::string reason = reason_for(life, index, *context_.reasons);
        const Transition* cause = step.flaw == Flaw::None ? step.cause : nullptr;
        const bool by_segment = cause != nullptr && cause->kind == CauseKind::Segment;
        // An ACK alone may be sent up to 40 ms later, so it is drawn where it arrives.
        const bool sends = cause != nullptr && cause->sent != SegmentSent::Ack;
        const std::string_view sent = sends ? flags_of(cause->sent) : "";
        std::string_view received = by_segment ? segment_received(*cause) : "";
        if (!alone && received != "ACK") {
            received = "";  // drawn where it was sent
        }
        if (!received.empty()) {
            row(step.latest, state, on_left, arrow(received, !on_left), reason);
            if (!sent.empty()) {
                row(step.latest, "", on_left, arrow(sent, on_left), "");
            }
            return;
        }
        row(step.latest, state, on_left, sent.empty() ? "" : arrow(sent, on_left), reason);
    }

    [[nodiscard]] std::string take() && { return std::move(text_); }

private:
    void row(Time at, std::string_view state, bool on_left, const std::string& between,
             const std::string& reason) {
        char room[DurationFormat::kMostBytes];
        const std::string since(room, dwell_.append(room, at - begin_));
        std::string line = pad_left("+" + since, kTime) + ' ';
        line += pad_right(on_left ? state : "", kState) + ' ';
        line += pad_right(between, kArrow) + ' ';
        line += pad_right(on_left ? "" : state, kState) + "  " + reason;
        line.erase(line.find_last_not_of(' ') + 1);
        text_ += line + '\n';
    }

    Time begin_;
    const TraceContext& context_;
    DwellFormat dwell_;
    std::string text_;
};

std::string title_of(const Life& life) {
    char room[512];
    char* out = format_to(room, life.local);
    if (life.owner.basis != OwnerBasis::None) {
        out = append(out, "  ");
        out = append_printable(out, life.owner.name_text(), 64);
        out = append(out, fmt::format(" ({})", life.owner.process));
    }
    return {room, out};
}

// The states before the first step are of no connection yet; one older than the trace has its first
// state from there.
std::size_t first_told(const Life& life) {
    return life.began_as ? 0 : 1;
}

}  // namespace

std::string draw_ladder(const Life& life, const TraceContext& context) {
    const bool on_left = life.opener != Opener::Passive;
    const std::string ours = title_of(life);
    const std::string theirs = to_string(life.remote);
    const std::size_t first = first_told(life);
    Drawing drawing(life.steps()[std::min<std::size_t>(first, life.step_count - 1U)].latest,
                    context);
    drawing.titles(on_left ? ours : theirs, on_left ? theirs : ours);
    for (std::size_t i = first; i < life.steps().size(); ++i) {
        drawing.step(life, i, on_left, true);
    }
    return std::move(drawing).take();
}

std::string draw_ladder(const Life& one, const Life& other, const TraceContext& context) {
    const bool one_left =
        one.opener == Opener::Active ||
        (other.opener != Opener::Active && one.steps()[0].latest <= other.steps()[0].latest);
    const Life& left = one_left ? one : other;
    const Life& right = one_left ? other : one;
    struct Place {
        const Life* life;
        std::size_t index;
    };
    std::vector<Place> places;
    for (const Life* life : {&left, &right}) {
        for (std::size_t i = first_told(*life); i < life->steps().size(); ++i) {
            places.push_back({life, i});
        }
    }
    if (places.empty()) {
        return {};
    }
    const auto time_of = [](const Place& place) { return place.life->steps()[place.index].latest; };
    std::stable_sort(places.begin(), places.end(),
                     [&](const Place& a, const Place& b) { return time_of(a) < time_of(b); });
    Drawing drawing(time_of(places.front()), context);
    drawing.titles(title_of(left), title_of(right));
    for (const Place& place : places) {
        drawing.step(*place.life, place.index, place.life == &left, false);
    }
    return std::move(drawing).take();
}

void TraceLadders::stepped(const Life& life, std::size_t index) {
    if (life.is_listener()) {
        return;
    }
    // Later steps are not told yet, so their causes are not settled.
    Life so_far = life;
    so_far.step_count = static_cast<std::uint8_t>(index + 1);
    const Ends ends{life.local, life.remote};
    const auto known = seen_.find(ends);
    if (known == seen_.end() && index > 0 && state_before(life, index) == TcpState::TimeWait) {
        return;  // drawn already, when it came to TIME-WAIT
    }
    seen_[ends] = so_far;
    draw_if_done(so_far);
}

void TraceLadders::draw_if_done(const Life& life) {
    if (!is_done(life)) {
        return;
    }
    const auto peer = seen_.find({life.remote, life.local});
    if (peer == seen_.end() || peer->second.id == life.id) {
        out_.write(draw_ladder(life, context_) + '\n');
    } else if (is_done(peer->second)) {
        out_.write(draw_ladder(life, peer->second, context_) + '\n');
        seen_.erase(peer);
    } else {
        return;
    }
    seen_.erase({life.local, life.remote});
}

void TraceLadders::happened(const Event& /*event*/, const Life* /*life*/) {}

void TraceLadders::ended(const Life& /*life*/) {}

}  // namespace tcpdx::trace
