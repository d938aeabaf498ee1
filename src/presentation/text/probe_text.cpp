#include "presentation/text/probe_text.h"

#include <fmt/format.h>

#include "base/i18n.h"
#include "presentation/i18n.h"
#include "presentation/render.h"
#include "presentation/text/text_page.h"

namespace tcpdx {
namespace {

using diagnosis::reach::PossibleCause;
using diagnosis::reach::Verdict;

constexpr std::size_t kIndent = 4;
constexpr std::size_t kDeeper = kIndent + 2;

void command(const char* label, const std::string& text, const Screen& screen, TextPage& page) {
    if (!text.empty()) {
        page.line(fmt::format("{} {}", _(label), inked(screen, Ink::Bold, text)), kDeeper);
    }
}

void write_causes(const Verdict& verdict, const Screen& screen, TextPage& page) {
    if (verdict.is_certain()) {
        const PossibleCause& cause = verdict.candidates.front();
        page.line(inked(screen, Ink::Dim, _("The cause")), kIndent);
        page.item("! ", render(cause.claim), kIndent);
        command(N_("see:"), cause.command, screen, page);
        return;
    }
    if (verdict.candidates.empty()) {
        return;
    }
    page.line(
        inked(screen, Ink::Dim, _("It can be one of these; the evidence does not tell them apart")),
        kIndent);
    for (const PossibleCause& cause : verdict.candidates) {
        page.item("? ", render(cause.claim), kIndent);
        if (!cause.decided_by.empty()) {
            page.paragraph(render(Message{N_("decided by: {0}"), {render(cause.decided_by)}}),
                           kDeeper);
        }
        command(N_("run:"), cause.command, screen, page);
    }
}

struct Headline {
    Message text;
    Ink ink = Ink::Plain;
};

Headline headline(const TargetProbe& target, const Verdict& verdict) {
    const SocketAddress& address = target.target;
    switch (verdict.outcome) {
        case Verdict::Outcome::Connects:
            return {{N_("{0} connects."), {address}}, Ink::Green};
        case Verdict::Outcome::ConnectsButBadly:
            return {{N_("{0} connects, but something is wrong."), {address}}, Ink::Yellow};
        case Verdict::Outcome::DoesNotConnect:
            return {{N_("{0} does not connect."), {address}}, Ink::Red};
        case Verdict::Outcome::Unknown:
            break;
    }
    return {{N_("{0}: could not tell."), {address}}, Ink::Yellow};
}

}  // namespace

void write_verdict(const Verdict& verdict, const Screen& screen, TextPage& page) {
    for (const Message& proven : verdict.proven) {
        page.item("= ", render(proven), kIndent);
    }
    write_causes(verdict, screen, page);
    if (verdict.outcome == Verdict::Outcome::DoesNotConnect && verdict.candidates.empty()) {
        page.paragraph(_("Nothing that is known here explains it."), kIndent);
    }
    if (!verdict.server_command.empty()) {
        page.line(inked(screen, Ink::Dim,
                        _("The server can tell: run this there, then this probe again with --json, "
                          "and tcpdx conclude with both files")),
                  kIndent);
        page.line(inked(screen, Ink::Bold, verdict.server_command), kDeeper);
    }
    if (!verdict.evidence.empty()) {
        page.line(inked(screen, Ink::Dim, _("Evidence")), kIndent);
    }
    for (const Observation& fact : verdict.evidence) {
        page.item("- ", fmt::format("{} ({})", render(fact.fact), render(fact.origin)), kIndent);
        command(N_("check:"), fact.check, screen, page);
    }
    if (!verdict.narrowing.empty()) {
        page.line(inked(screen, Ink::Dim, _("What would tell more")), kIndent);
    }
    for (const Message& hint : verdict.narrowing) {
        page.item("- ", render(hint), kIndent);
    }
}

std::string probe_text(const ProbeReport& report, std::span<const Verdict> verdicts,
                       const Screen& screen) {
    TextPage page(screen);
    for (std::size_t i = 0; i < verdicts.size() && i < report.targets.size(); ++i) {
        const TargetProbe& target = report.targets[i];
        page.gap();
        const Headline head = headline(target, verdicts[i]);
        page.paragraph(inked(screen, head.ink, render(head.text)));
        if (target.interrupted) {
            page.paragraph(
                inked(screen, Ink::Yellow, _("Interrupted: this is what was known until then.")),
                kIndent);
        }
        write_verdict(verdicts[i], screen, page);
    }
    return page.take();
}

}  // namespace tcpdx
