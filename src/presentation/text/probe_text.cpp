#include "presentation/text/probe_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/i18n.h"
#include "diagnosis/reach/repeated_facts.h"
#include "presentation/i18n.h"
#include "presentation/render.h"
#include "presentation/text/display_width.h"
#include "presentation/text/text_page.h"

namespace tcpdx {
namespace {

using diagnosis::reach::Place;
using diagnosis::reach::PossibleCause;
using diagnosis::reach::Verdict;

constexpr std::size_t kIndent = 4;
constexpr std::size_t kDeeper = kIndent + 2;

void command(const char* label, const std::string& text, const Screen& screen, TextPage& page) {
    if (!text.empty()) {
        page.line(fmt::format("{} {}", _(label), inked(screen, Ink::Bold, text)), kDeeper);
    }
}

struct Where {
    Place place = Place::Nowhere;
    const char* heading = "";
};
constexpr std::array<Where, 5> kPlaces{{{Place::Program, N_("the program on the server")},
                                        {Place::Server, N_("the server's system")},
                                        {Place::Path, N_("on the way")},
                                        {Place::Client, N_("this host")},
                                        {Place::Nowhere, N_("elsewhere")}}};

void write_candidate(const PossibleCause& cause, const Screen& screen, TextPage& page) {
    page.item("? ", render(cause.claim), kIndent);
    if (!cause.decided_by.empty()) {
        page.paragraph(render(Message{N_("decided by: {0}"), {render(cause.decided_by)}}), kDeeper);
    }
    command(N_("run:"), cause.command, screen, page);
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
    // Many are easier to read by where one would have to look.
    constexpr std::size_t kFew = 4;
    const bool grouped = verdict.candidates.size() > kFew;
    for (const Where& where : kPlaces) {
        bool headed = false;
        for (const PossibleCause& cause : verdict.candidates) {
            if (grouped && cause.cause->place != where.place) {
                continue;
            }
            if (grouped && !headed) {
                page.line(inked(screen, Ink::Dim, _(where.heading)), kIndent);
                headed = true;
            }
            write_candidate(cause, screen, page);
        }
        if (!grouped) {
            return;
        }
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

struct Bar {
    std::string label;
    std::uint32_t count = 0;
};

// When a connection was there, against the times at which a SYN is sent again: what was lost on
// the way, or dropped at the server, shows there.
std::vector<Bar> bars_of(const std::vector<ConnectAttempt>& attempts) {
    std::vector<Bar> bars;
    for (const auto& bucket : diagnosis::reach::connect_latencies(attempts)) {
        bars.push_back({bucket.from.count() == 0 ? std::string(_("at once"))
                                                 : render(Message{N_("after {0}"), {bucket.from}}),
                        bucket.count});
    }
    const auto counts = diagnosis::reach::count_attempts(attempts);
    const auto add = [&](const char* label, std::uint32_t count) {
        if (count > 0) {
            bars.push_back({_(label), count});
        }
    };
    add(N_("refused"), counts.refused);
    add(N_("no answer"), counts.silent);
    add(N_("not sent"), counts.not_sent);
    return bars;
}

void write_histogram(const RepeatedAttempts& repeated, const Screen& screen, TextPage& page) {
    constexpr std::size_t kLongestBar = 40;
    const std::vector<Bar> bars = bars_of(repeated.attempts);
    std::size_t widest = 0;
    std::uint32_t most = 1;
    for (const Bar& bar : bars) {
        widest = std::max(widest, display_width(bar.label));
        most = std::max(most, bar.count);
    }
    page.line(inked(screen, Ink::Dim, _("When the attempts connected")), kIndent);
    for (const Bar& bar : bars) {
        // Scaled only when they are too long, and never to nothing.
        std::size_t length = bar.count;
        if (most > kLongestBar) {
            length = bar.count == 0 ? 0 : std::max<std::size_t>(1, length * kLongestBar / most);
        }
        page.line(fmt::format("{}{}  {:>4}  {}", bar.label,
                              std::string(widest - display_width(bar.label), ' '), bar.count,
                              std::string(length, '#')),
                  kDeeper);
    }
    if (const auto latency = diagnosis::reach::summarize_latencies(repeated.attempts)) {
        const auto ms = [](std::chrono::microseconds duration) {
            return std::chrono::duration_cast<std::chrono::milliseconds>(duration);
        };
        page.paragraph(
            render(Message{N_("The fastest took {0}, the middle one {1}, the slowest {2}."),
                           {ms(latency->least), ms(latency->median), ms(latency->most)}}),
            kDeeper);
    }
}

// Which address of a name it is, before the details of each.
void write_addresses(const ProbeReport& report, std::span<const Verdict> verdicts,
                     const Screen& screen, TextPage& page) {
    const auto connects = static_cast<std::int64_t>(
        std::count_if(verdicts.begin(), verdicts.end(), [](const Verdict& each) {
            return each.outcome == Verdict::Outcome::Connects ||
                   each.outcome == Verdict::Outcome::ConnectsButBadly;
        }));
    page.paragraph(
        inked(screen, Ink::Bold,
              render(Message{N_("{0}, port {1}: {2} of its {3} addresses can be connected to."),
                             {report.host, Port{report.port}, connects,
                              static_cast<std::int64_t>(verdicts.size())}})));
    for (std::size_t i = 0; i < verdicts.size(); ++i) {
        const Headline head = headline(report.targets[i], verdicts[i]);
        page.item("- ", inked(screen, head.ink, render(head.text)), kIndent);
    }
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
        page.paragraph(
            inked(screen, Ink::Dim,
                  _("The server can tell: start this there, and while it watches run this probe "
                    "again with --json; then run tcpdx conclude with both files")),
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
    if (verdicts.size() > 1 && report.targets.size() >= verdicts.size()) {
        write_addresses(report, verdicts, screen, page);
    }
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
        if (target.repeated && !target.repeated->attempts.empty()) {
            write_histogram(*target.repeated, screen, page);
        }
    }
    return page.take();
}

}  // namespace tcpdx
