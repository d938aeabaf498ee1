#include "presentation/text/explain_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>
#include <tuple>

#include "base/i18n.h"
#include "diagnosis/engine.h"
#include "diagnosis/grouping.h"
#include "diagnosis/state_guide.h"
#include "diagnosis/state_now.h"
#include "model/transitions.h"
#include "presentation/i18n.h"
#include "presentation/render.h"
#include "presentation/text/display_width.h"
#include "presentation/text/ladder.h"
#include "presentation/text/rule_page.h"
#include "presentation/text/state_diagram.h"
#include "presentation/text/text_page.h"

namespace tcpdx {
namespace {

using diagnosis::OwnerCount;
using diagnosis::Rule;
using diagnosis::StateGuide;
using diagnosis::StateNow;

constexpr std::size_t kStateColumns = 14;

const char* bullet() {
    return can_show_unicode() ? "• " : "- ";
}

std::string owner_name(const Observations& seen, const OwnerCount& owner) {
    const Process* process =
        owner.process < seen.processes.size() ? &seen.processes[owner.process] : nullptr;
    switch (owner.kind) {
        case OwnerKind::Process:
            return process == nullptr ? _("a process") : diagnosis::name_of(*process);
        case OwnerKind::NeverAccepted:
            return process == nullptr ? std::string(_("not accepted yet"))
                                      : render(Message{N_("not accepted yet by {0}"),
                                                       {diagnosis::name_of(*process)}});
        case OwnerKind::Kernel:
            return _("the kernel, no process");
        case OwnerKind::Unknown:
            return _("owner not visible");
    }
    return {};
}

Message counted(const char* one, const char* many, std::size_t number) {
    return {one, {static_cast<std::int64_t>(number)}, many};
}

void write_now(TextPage& page, const Observations& seen, const StateNow& now) {
    page.heading(_("On this host now"));
    if (!now.sockets) {
        page.paragraph(_("Sockets in this state could not be listed."), 2);
        return;
    }
    std::string text = render(counted(NP_("{0} socket", "{0} sockets"), *now.sockets));
    if (now.oldest.known()) {
        text = render(Message{N_("{0}, the longest for {1}"), {text, render(now.oldest)}});
    }
    page.paragraph(text, 2);
    constexpr std::size_t kMostOwners = 8;
    for (std::size_t index = 0; index < std::min(now.owners.size(), kMostOwners); ++index) {
        const OwnerCount& owner = now.owners[index];
        page.item(pad_left(fmt::format("{}", owner.sockets), 7) + "  ", owner_name(seen, owner));
    }
    if (now.owners.size() > kMostOwners) {
        page.paragraph(
            render(Message{N_("and {0} more owners"),
                           {static_cast<std::int64_t>(now.owners.size() - kMostOwners)}}),
            11);
    }
    const bool hidden =
        std::any_of(now.owners.begin(), now.owners.end(),
                    [](const OwnerCount& owner) { return owner.kind == OwnerKind::Unknown; });
    for (const Unseen& unseen : seen.coverage.unseen) {
        if (hidden) {
            page.paragraph(render(Message{N_("Not seen: {0} {1}"),
                                          {render(unseen.what), render(unseen.remedy)}}),
                           2);
        }
    }
}

// "FIN received; sends ACK [RFC 9293, 3.10.7.4]"
std::string way_text(const Transition& row) {
    std::string text = _(row.cause);
    const std::string sent(segment_name(row.sent));
    if (!sent.empty()) {
        text = render(Message{N_("{0}; sends {1}"), {text, sent}});
    }
    if (row.standing == Standing::RfcOnly) {
        text += fmt::format(" ({})", _("not in Linux"));
    } else if (row.standing == Standing::LinuxOnly) {
        text += fmt::format(" ({})", _("only in Linux"));
    }
    return text + fmt::format(" [{}]", row.source);
}

void write_ways(TextPage& page, const char* heading, const std::vector<const Transition*>& rows,
                TcpState Transition::*other_end) {
    page.heading(_(heading));
    // Several kinds of object can go the same way, and several ways have the same surprise in
    // them; a reader needs either once.
    std::set<std::tuple<TcpState, std::string, SegmentSent>> written;
    std::set<std::string_view> explained;
    std::vector<TcpState> others;  // each once, in the order of the table
    for (const Transition* row : rows) {
        if (row->changes_state() &&
            std::find(others.begin(), others.end(), row->*other_end) == others.end()) {
            others.push_back(row->*other_end);
        }
    }
    for (const TcpState other : others) {
        std::string_view name = rfc_name(other);
        for (const Transition* row : rows) {
            if (row->*other_end != other ||
                !written.insert({other, row->cause, row->sent}).second) {
                continue;
            }
            page.item(pad_right(name, kStateColumns), way_text(*row));
            if (*row->note != '\0' && explained.insert(row->note).second) {
                page.paragraph(_(row->note), 2 + kStateColumns + 2);
            }
            name = "";
        }
    }
}

void write_objects(TextPage& page, TcpState state) {
    std::set<SocketKind> kinds;
    for (const Transition* row : transitions_into(state)) {
        kinds.insert(row->to_kind);
    }
    for (const SocketKind kind : kinds) {
        // CLOSED is where the objects are gone, not what they are in.
        if (const char* text = diagnosis::guide_to(kind);
            text != nullptr && state != TcpState::Closed) {
            page.gap();
            page.paragraph(_(text));
        }
    }
}

void write_options(TextPage& page, const StateGuide& guide, const KernelOptions& options) {
    if (guide.options.empty()) {
        return;
    }
    page.heading(_("Kernel options that matter, with the values here"));
    for (std::size_t index = 0; index < guide.options.size(); ++index) {
        const diagnosis::OptionNote& option = guide.options[index];
        std::string value(options.text(option.name).value_or(_("(not in this kernel)")));
        std::replace(value.begin(), value.end(), '\t', ' ');
        page.line(fmt::format("{} = {}", option.name, value), 2);
        const bool next_is_same =
            index + 1 < guide.options.size() && guide.options[index + 1].effect == option.effect;
        if (!next_is_same) {
            page.paragraph(_(option.effect), 6);
        }
    }
}

// As ss(8) spells it in filters.
std::string ss_name(TcpState state) {
    switch (state) {
        case TcpState::Listen:
            return "listening";
        case TcpState::SynReceived:
            return "syn-recv";
        case TcpState::Closed:
        case TcpState::SynSent:
        case TcpState::Established:
        case TcpState::FinWait1:
        case TcpState::FinWait2:
        case TcpState::CloseWait:
        case TcpState::Closing:
        case TcpState::LastAck:
        case TcpState::TimeWait:
            break;
    }
    std::string name(rfc_name(state));
    std::transform(name.begin(), name.end(), name.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    return name;
}

void write_rules(TextPage& page, const StateGuide& guide) {
    if (guide.rules.empty()) {
        return;
    }
    page.heading(_("Rules that look at it"));
    std::size_t widest = 0;
    for (const std::string_view id : guide.rules) {
        widest = std::max(widest, display_width(id));
    }
    for (const std::string_view id : guide.rules) {
        for (const Rule* rule : diagnosis::all_rules()) {
            if (rule->id == id) {
                page.item(pad_right(id, widest + 2), _(rule->title));
            }
        }
    }
}

}  // namespace

std::string explain_state_text(TcpState state, const Observations& seen,
                               const diagnosis::Limits& limits, const Screen& screen) {
    const StateGuide& guide = diagnosis::guide_to(state);
    TextPage page(screen);
    std::string title = inked(screen, Ink::Bold, rfc_name(state));
    if (netstat_name(state) != rfc_name(state)) {
        title += fmt::format("  (netstat: {})", netstat_name(state));
    }
    page.line(title);
    page.paragraph(_(guide.meaning));
    page.gap();
    page.paragraph(_(guide.details));
    write_objects(page, state);

    write_now(page, seen, diagnosis::state_now(seen, state));

    page.heading(_("Normal"));
    page.paragraph(_(guide.normal), 2);
    page.heading(_("When to worry"));
    page.paragraph(guide.limit == nullptr ? std::string(_(guide.worry))
                                          : render(Message{guide.worry, {limits.*guide.limit}}),
                   2);
    if (!guide.causes.empty()) {
        page.heading(_("What is usually behind it"));
        for (const char* cause : guide.causes) {
            page.item(bullet(), _(cause));
        }
    }
    write_ways(page, N_("Ways in, from"), transitions_into(state), &Transition::from);
    write_ways(page, N_("Ways out, to"), transitions_from(state), &Transition::to);
    write_options(page, guide, seen.options);
    write_rules(page, guide);
    if (state != TcpState::Closed) {
        page.heading(_("By hand"));
        page.line(fmt::format("ss -tanpoe state {}", ss_name(state)), 2);
    }
    return page.take();
}

std::string explain_overview_text(const Observations& seen, const Screen& screen) {
    const bool unicode = can_show_unicode();
    TextPage page(screen);
    page.paragraph(
        _("States of TCP, and how many sockets of this host are in each now. On the arrows: the "
          "call or the segment received, then what is sent."));
    page.gap();
    page.block(state_diagram(count_states(seen), screen, unicode));
    page.gap();
    page.block(transitions_not_drawn(screen, unicode));
    for (const Ladder& ladder : all_ladders()) {
        page.gap();
        page.block(draw(ladder, screen, unicode));
    }
    page.gap();
    page.paragraph(
        _("More about one state: tcpdx explain TIME-WAIT. About what is looked for: "
          "tcpdx explain rules."));
    return page.take();
}

std::string explain_rule_text(const Rule& rule, const Screen& screen) {
    TextPage page(screen);
    if (const auto markdown = rule_page(rule.id, language())) {
        page.markdown(*markdown);
    } else {
        page.heading(rule.id);
        page.gap();
        page.paragraph(_(rule.title));
    }
    return page.take();
}

std::string list_rules_text(const Screen& screen) {
    TextPage page(screen);
    std::size_t widest = 0;
    for (const Rule* rule : diagnosis::all_rules()) {
        widest = std::max(widest, display_width(rule->id));
    }
    for (const Rule* rule : diagnosis::all_rules()) {
        page.item(pad_right(rule->id, widest + 2), _(rule->title), 0);
    }
    return page.take();
}

}  // namespace tcpdx
