#include "presentation/text/capture_ladder.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <vector>

#include "base/i18n.h"
#include "presentation/capture_words.h"
#include "presentation/i18n.h"
#include "presentation/render.h"
#include "presentation/text/capture_table.h"
#include "presentation/text/display_width.h"
#include "presentation/text/text_page.h"

namespace tcpdx {
namespace {

// | time 11 | state 23 | arrow 20 | state 23 |, and gaps: 80 columns.
constexpr std::size_t kTimeColumns = 11;
constexpr std::size_t kStateColumns = 23;
constexpr std::size_t kArrowColumns = 20;

// One line: a segment, or a moment without one.
struct Rung {
    CaptureTime time;
    const CapturedSegment* segment = nullptr;
    std::array<std::string, 2> states;
    std::vector<const diagnosis::Finding*> findings;
};

// Of several marks of one packet the one that says most.
int weight(SegmentMark mark) {
    switch (mark) {
        case SegmentMark::Rst:
        case SegmentMark::RstIgnored:
            return 5;
        case SegmentMark::Fin:
        case SegmentMark::FinAgain:
            return 4;
        case SegmentMark::Syn:
        case SegmentMark::SynAgain:
        case SegmentMark::SynAck:
        case SegmentMark::SynAckAgain:
        case SegmentMark::IcmpError:
            return 3;
        case SegmentMark::Data:
        case SegmentMark::ZeroWindow:
        case SegmentMark::WindowOpen:
            return 2;
        case SegmentMark::Ack:
        case SegmentMark::AckAgain:
        case SegmentMark::AckOfFin:
        case SegmentMark::AckOfFinAgain:
        case SegmentMark::Speaks:
        case SegmentMark::NewSyn:
        case SegmentMark::AfterRst:
        case SegmentMark::BusySince:
        case SegmentMark::DataAgain:
        case SegmentMark::FinBefore:
        case SegmentMark::MayBeFin:
        case SegmentMark::LastHeard:
            return 1;
    }
    return 0;
}

bool is_repeated(SegmentMark mark) {
    return mark == SegmentMark::SynAgain || mark == SegmentMark::SynAckAgain ||
           mark == SegmentMark::AckAgain || mark == SegmentMark::FinAgain ||
           mark == SegmentMark::AckOfFinAgain || mark == SegmentMark::DataAgain;
}

// The segments that a finding of this rule is about; of those that there are, the last.
bool is_about(std::string_view rule, SegmentMark mark) {
    using enum SegmentMark;
    if (rule == "capture-syn-unanswered") {
        return mark == Syn || mark == SynAgain || mark == SynAckAgain;
    }
    if (rule == "capture-refused" || rule == "capture-reset") {
        return mark == Rst || mark == IcmpError;
    }
    if (rule == "capture-half-open") {
        return mark == SynAck || mark == SynAckAgain;
    }
    if (rule == "capture-window-closed") {
        return mark == ZeroWindow;
    }
    if (rule == "capture-close-wait") {
        return mark == Fin;
    }
    return false;
}

const char* severity_word(diagnosis::Severity severity) {
    switch (severity) {
        case diagnosis::Severity::Information:
            return N_("INFO");
        case diagnosis::Severity::Warning:
            return N_("WARNING");
        case diagnosis::Severity::Problem:
            return N_("PROBLEM");
    }
    return "";
}

class LadderWriter {
public:
    LadderWriter(const CapturedConnection& connection,
                 const std::vector<const diagnosis::Finding*>& findings, const Screen& screen,
                 bool unicode)
        : connection_(connection), screen_(screen), unicode_(unicode) {
        for (const CapturedSegment& segment : connection.segments) {
            if (!rungs_.empty() && rungs_.back().segment->packet == segment.packet) {
                const CapturedSegment*& shown = rungs_.back().segment;
                shown = weight(segment.mark) > weight(shown->mark) ? &segment : shown;
            } else {
                rungs_.push_back({.time = segment.time, .segment = &segment});
            }
        }
        for (std::size_t end = 0; end < 2; ++end) {
            for (const CapturedState& state : connection.ends[end].states) {
                place(end, state);
            }
        }
        for (const diagnosis::Finding* finding : findings) {
            place(*finding);
        }
    }

    std::string write() const {
        std::string text;
        for (const Rung& rung : rungs_) {
            std::string line = fmt::format("{} {} {} {}", pad_left(moment(rung.time), kTimeColumns),
                                           pad_left(rung.states[0], kStateColumns),
                                           arrow(rung.segment), rung.states[1]);
            line.erase(line.find_last_not_of(' ') + 1);
            text += line + '\n';
            for (const diagnosis::Finding* finding : rung.findings) {
                text += said(*finding);
            }
        }
        for (const diagnosis::Finding* finding : unplaced_) {
            text += said(*finding);
        }
        return text;
    }

private:
    [[nodiscard]] std::string moment(CaptureTime time) const {
        // What led to the first packet is told a nanosecond before it.
        const auto since =
            std::chrono::duration_cast<std::chrono::microseconds>(time - connection_.first);
        return fmt::format("{:.6f}", std::chrono::duration<double>(since).count());
    }

    [[nodiscard]] std::string label(const CapturedState& state) const {
        std::string text = possible_states(state.possible);
        if (state.inferred) {
            text += '*';
        } else if (state.assumed) {
            text += '?';
        }
        if (state.until) {
            text += ' ' + short_time(*state.until - state.since);
        }
        return text;
    }

    void place(const diagnosis::Finding& finding) {
        for (auto rung = rungs_.rbegin(); rung != rungs_.rend(); ++rung) {
            if (rung->segment != nullptr && is_about(finding.rule_id, rung->segment->mark)) {
                rung->findings.push_back(&finding);
                return;
            }
        }
        unplaced_.push_back(&finding);
    }

    [[nodiscard]] std::string said(const diagnosis::Finding& finding) const {
        TextPage page(screen_);
        page.item(inked(screen_,
                        finding.severity == diagnosis::Severity::Problem ? Ink::Red : Ink::Yellow,
                        _(severity_word(finding.severity))) +
                      ' ',
                  render(finding.claim) + " [" + std::string(finding.rule_id) + ']',
                  kTimeColumns + 1);
        return page.take();
    }

    // Beside the segment that brought the state; where that line is taken, or no segment did, on a
    // line of its own.
    void place(std::size_t end, const CapturedState& state) {
        auto at = rungs_.end();
        if (state.packet != 0) {
            at = std::find_if(rungs_.begin(), rungs_.end(), [&](const Rung& rung) {
                return rung.segment != nullptr && rung.segment->packet == state.packet;
            });
        }
        if (at != rungs_.end() && at->states.at(end).empty()) {
            at->states.at(end) = label(state);
            return;
        }
        if (at != rungs_.end()) {
            ++at;
            while (at != rungs_.end() && at->segment == nullptr && !at->states.at(end).empty()) {
                ++at;
            }
            if (at != rungs_.end() && at->segment == nullptr && at->states.at(end).empty()) {
                at->states.at(end) = label(state);
                return;
            }
        } else {
            // Whatever the estimates of its times say, an end's states stand in their order.
            auto last = rungs_.end();
            while (last != rungs_.begin() && std::prev(last)->states.at(end).empty()) {
                --last;
            }
            at = std::find_if(last, rungs_.end(),
                              [&](const Rung& rung) { return rung.time > state.since; });
        }
        Rung added{.time = state.since};
        added.states.at(end) = label(state);
        rungs_.insert(at, added);
    }

    [[nodiscard]] std::string arrow(const CapturedSegment* segment) const {
        if (segment == nullptr) {
            return std::string(kArrowColumns, ' ');
        }
        const bool again = is_repeated(segment->mark);
        const std::string_view line = unicode_ ? (again ? "╌" : "─") : (again ? "." : "-");
        const std::string name = fmt::format(" {} ", segment_label(*segment));
        const std::size_t rest = kArrowColumns - 1 - std::min(name.size(), kArrowColumns - 1);
        std::string before;
        std::string behind;
        for (std::size_t i = 0; i < rest / 2; ++i) {
            before += line;
        }
        for (std::size_t i = rest / 2; i < rest; ++i) {
            behind += line;
        }
        // An ICMP error goes to the end whose segment it quotes.
        const bool to_left =
            segment->mark == SegmentMark::IcmpError ? segment->from == 0 : segment->from == 1;
        if (to_left) {
            return (unicode_ ? "◀" : "<") + before + name + behind;
        }
        return before + name + behind + (unicode_ ? "▶" : ">");
    }

    const CapturedConnection& connection_;
    const Screen& screen_;
    bool unicode_;
    std::vector<Rung> rungs_;
    std::vector<const diagnosis::Finding*> unplaced_;
};

std::string role(const CapturedEnd& end) {
    switch (end.opener) {
        case Opener::Active:
            return _("opened");
        case Opener::Passive:
            return _("listened");
        case Opener::Unknown:
            return _("opener unknown");
    }
    return {};
}

const char* place_text(NearEnd near) {
    switch (near) {
        case NearEnd::First:
            return N_(
                "Captured at or near the left end: what goes to the right end may be lost "
                "behind the capture.");
        case NearEnd::Second:
            return N_(
                "Captured at or near the right end: what goes to the left end may be lost "
                "behind the capture.");
        case NearEnd::Both:
            return N_("Captured near both ends.");
        case NearEnd::Between:
            return N_("Captured between the ends, near neither.");
        case NearEnd::Unknown:
            break;
    }
    return N_("Near which end this was captured is not known.");
}

std::string flow_line(const CapturedFlow& flow) {
    const auto number = [](std::uint64_t count) { return static_cast<std::int64_t>(count); };
    std::string text = render(Message{
        N_("packets {0}, bytes {1}, resent {2}, overtaken {3}, keep-alives {4}, "
           "window probes {5}"),
        {number(flow.packets), number(flow.payload_bytes), number(flow.retransmissions),
         number(flow.out_of_order), number(flow.keepalives), number(flow.zero_window_probes)}});
    const auto add = [&](bool applies, const Message& message) {
        if (applies) {
            text += ", " + render(message);
        }
    };
    add(flow.zero_windows > 0, {N_("window closed {0} times, for {1}"),
                                {number(flow.zero_windows), short_time(flow.zero_window_time)}});
    add(flow.data_after_peer_fin > 0,
        {N_("segments of data after the other's FIN {0}"), {number(flow.data_after_peer_fin)}});
    add(flow.duplicates > 0, {N_("copies in the capture {0}"), {number(flow.duplicates)}});
    add(flow.bytes_not_captured > 0,
        {N_("bytes not captured {0}"), {number(flow.bytes_not_captured)}});
    add(flow.ignored_resets > 0,
        {N_("resets that reset nothing {0}"), {number(flow.ignored_resets)}});
    add(flow.bad_headers > 0, {N_("broken headers {0}"), {number(flow.bad_headers)}});
    if (flow.syn_seen) {
        text += fmt::format(", SYN: MSS {}, window shift {}, SACK {}, timestamps {}",
                            flow.max_segment_size ? std::to_string(*flow.max_segment_size) : "-",
                            flow.window_shift ? std::to_string(*flow.window_shift) : "-",
                            flow.sack_permitted ? "+" : "-", flow.timestamps ? "+" : "-");
    }
    return text;
}

}  // namespace

std::vector<const diagnosis::Finding*> findings_about(
    const Captured& captured, const CapturedConnection& connection,
    const std::vector<diagnosis::Finding>& findings) {
    std::vector<const diagnosis::Finding*> about;
    const auto found = std::find_if(
        captured.connections.begin(), captured.connections.end(),
        [&](const CapturedConnection& one) { return one.number == connection.number; });
    const auto index = static_cast<std::uint32_t>(found - captured.connections.begin());
    for (const diagnosis::Finding& finding : findings) {
        if (std::find(finding.connections.begin(), finding.connections.end(), index) !=
            finding.connections.end()) {
            about.push_back(&finding);
        }
    }
    return about;
}

std::string capture_ladder(const CapturedConnection& connection,
                           const std::vector<const diagnosis::Finding*>& findings,
                           const Screen& screen, bool unicode) {
    TextPage page(screen);
    const CapturedEnd& left = connection.ends[0];
    const CapturedEnd& right = connection.ends[1];
    page.paragraph(inked(
        screen, Ink::Bold,
        render(Message{N_("Connection {0}: {1}"),
                       {std::int64_t{connection.number}, _(outcome_text(connection.outcome))}})));
    page.line(fmt::format("{} {} {} {}", std::string(kTimeColumns, ' '),
                          pad_left(to_string(left.address), kStateColumns),
                          std::string(kArrowColumns, ' '), to_string(right.address)));
    page.line(fmt::format("{} {} {} {}", pad_left(_("seconds"), kTimeColumns),
                          pad_left(role(left), kStateColumns), std::string(kArrowColumns, ' '),
                          role(right)));
    page.block(LadderWriter(connection, findings, screen, unicode).write());
    page.gap();
    if (connection.closed_first && connection.outcome != CapturedOutcome::Refused) {
        page.item("- ", render(Message{connection.closed_by_reset ? N_("{0} reset it.")
                                                                  : N_("{0} closed first."),
                                       {connection.ends.at(*connection.closed_first).address}}));
    }
    if (connection.reset_hit && connection.reset_from) {
        page.item("- ", render(Message{N_("The reset hit {0} in {1}; before it came: {2}."),
                                       {connection.ends.at(1U - *connection.reset_from).address,
                                        possible_states(connection.reset_hit->possible),
                                        connection.reset_provoked_by
                                            ? segment_label({.mark = *connection.reset_provoked_by})
                                            : std::string("-")}}));
    }
    for (const CapturedEnd& end : connection.ends) {
        page.item("- ", to_string(end.address) + ": " + flow_line(end.sent));
    }
    page.item("- ", _(place_text(connection.near)));
    if (connection.previous) {
        page.item("- ", render(Message{N_("The same ports as connection {0} before."),
                                       {std::int64_t{*connection.previous}}}));
    }
    if (connection.translation) {
        page.item("- ", render(Message{N_("The same connection as {0}, on the other side of an "
                                          "address translator."),
                                       {std::int64_t{*connection.translation}}}));
    }
    for (const CaptureLimit limit : connection.limits) {
        page.item("! ", _(limit_text(limit)));
    }
    const auto some = [&](const auto& is_so) {
        return std::any_of(connection.ends.begin(), connection.ends.end(),
                           [&](const CapturedEnd& end) {
                               return std::any_of(end.states.begin(), end.states.end(), is_so);
                           });
    };
    if (some([](const CapturedState& state) { return is_too_many(state.possible); })) {
        page.item("- ", render(Message{N_("\"{0}\": more than four states fit what was captured; "
                                          "--json lists them."),
                                       {std::string(_("many possible"))}}));
    }
    if (some([](const CapturedState& state) { return state.inferred; })) {
        page.item("* ", _("inferred from the other end's packets"));
    }
    if (some([](const CapturedState& state) { return state.assumed; })) {
        page.item("? ", _("assumes that the segment arrived"));
    }
    return page.take();
}

}  // namespace tcpdx
