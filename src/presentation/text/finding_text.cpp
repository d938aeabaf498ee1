#include "presentation/text/finding_text.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/i18n.h"
#include "presentation/i18n.h"
#include "presentation/paste_lines.h"
#include "presentation/render.h"
#include "presentation/text/display_width.h"
#include "presentation/text/paste_text.h"

namespace tcpdx {
namespace {

using diagnosis::Candidate;
using diagnosis::Finding;
using diagnosis::Severity;

constexpr std::size_t kWidestText = 110;  // longer lines are hard to read
constexpr std::size_t kDetailIndent = 4;

class FindingWriter {
public:
    FindingWriter(const Observations& seen, const Screen& screen)
        : seen_(seen),
          screen_(screen),
          width_(std::clamp<std::size_t>(screen.width, 40, kWidestText)) {}

    std::string write(const Finding& one) {
        const char* label = severity_label(one.severity);
        const std::string shown = inked(screen_, severity_ink(one.severity), label) + "  ";
        paragraph(std::string(label) + "  ", render(one.claim), shown);
        std::string context = fmt::format("[{}]", one.rule_id);
        if (one.since.known()) {
            context = render(Message{N_("For {0}."), {render(one.since)}}) + "  " + context;
        }
        out_ += std::string(kDetailIndent, ' ') + inked(screen_, Ink::Dim, context) + '\n';
        if (const std::string lines = lines_of(seen_, one); !lines.empty()) {
            item("-", render(Message{N_("in the text: {0}"), {lines}}));
        }

        heading(N_("Evidence"));
        for (const Observation& fact : one.evidence) {
            item("-", fmt::format("{} ({})", render(fact.fact), render(fact.origin)));
            command(N_("check:"), fact.check);
        }
        if (!one.candidates.empty()) {
            heading(N_("It can be one of these; the evidence does not tell them apart"));
            for (const Candidate& candidate : one.candidates) {
                item("?", render(candidate.cause));
                if (!candidate.decided_by.empty()) {
                    item(" ",
                         render(Message{N_("decided by: {0}"), {render(candidate.decided_by)}}));
                }
                command(N_("run:"), candidate.command);
            }
        }
        if (!one.unknown.empty()) {
            heading(N_("Not known"));
            for (const Message& unknown : one.unknown) {
                item("-", render(unknown));
            }
        }
        if (!one.advice.empty()) {
            heading(N_("What to do"));
            for (std::size_t i = 0; i < one.advice.size(); ++i) {
                item(fmt::format("{}.", i + 1), render(one.advice[i]));
            }
        }
        return std::move(out_);
    }

private:
    // `first` begins the first line, the others are indented as far.
    void paragraph(std::string_view first, std::string_view text,
                   std::string_view first_shown = {}) {
        const std::size_t indent = display_width(first);
        const auto lines = wrap_text(text, width_ > indent + 20 ? width_ - indent : 20);
        for (std::size_t i = 0; i < lines.size(); ++i) {
            if (i == 0) {
                out_ += first_shown.empty() ? first : first_shown;
            } else {
                out_.append(indent, ' ');
            }
            out_ += lines[i];
            out_ += '\n';
        }
    }

    void heading(const char* text) {
        out_.append(kDetailIndent, ' ');
        out_ += inked(screen_, Ink::Dim, _(text));
        out_ += '\n';
    }

    void item(std::string_view mark, const std::string& text) {
        paragraph(std::string(kDetailIndent, ' ') + std::string(mark) + " ", text);
    }

    // Commands stay on a line of their own and whole, so that they can be copied.
    void command(const char* label, const std::string& text) {
        if (!text.empty()) {
            out_ += fmt::format("{:{}}{} {}\n", "", kDetailIndent + 2, _(label),
                                inked(screen_, Ink::Bold, text));
        }
    }

    static const char* severity_label(Severity severity) {
        switch (severity) {
            case Severity::Information:
                return _("INFO");
            case Severity::Warning:
                return _("WARNING");
            case Severity::Problem:
                return _("PROBLEM");
        }
        return "";
    }

    static Ink severity_ink(Severity severity) {
        switch (severity) {
            case Severity::Information:
                return Ink::Bold;
            case Severity::Warning:
                return Ink::Yellow;
            case Severity::Problem:
                return Ink::Red;
        }
        return Ink::Plain;
    }

    const Observations& seen_;
    const Screen& screen_;
    std::size_t width_;
    std::string out_;
};

}  // namespace

std::string finding_text(const Finding& finding, const Observations& seen, const Screen& screen) {
    return FindingWriter(seen, screen).write(finding);
}

}  // namespace tcpdx
