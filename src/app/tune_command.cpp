#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>

#include "app/command.h"
#include "app/look.h"
#include "base/i18n.h"
#include "diagnosis/tune/audit.h"
#include "presentation/i18n.h"
#include "presentation/json/tune_json.h"
#include "presentation/render.h"
#include "presentation/text/display_width.h"

namespace tcpdx::app {
namespace {

using diagnosis::TuneEntry;
using diagnosis::Verdict;

const char* label_of(Verdict verdict) {
    switch (verdict) {
        case Verdict::Ok:
            return _("OK");
        case Verdict::NoEffect:
            return _("NO EFFECT");
        case Verdict::Consider:
            return _("CONSIDER");
        case Verdict::Harmful:
            return _("HARMFUL");
    }
    return "";
}

Ink ink_of(Verdict verdict) {
    switch (verdict) {
        case Verdict::Ok:
            return Ink::Green;
        case Verdict::NoEffect:
        case Verdict::Consider:
            return Ink::Yellow;
        case Verdict::Harmful:
            return Ink::Red;
    }
    return Ink::Plain;
}

class TuneText {
public:
    explicit TuneText(const Screen& screen) : screen_(screen) {}

    void entry(const TuneEntry& one) {
        text_ +=
            fmt::format("{}  {} = {}\n", inked(screen_, ink_of(one.verdict), label_of(one.verdict)),
                        one.option, one.value);
        paragraph(render(one.reason));
        for (const Observation& fact : one.evidence) {
            paragraph(fmt::format("- {} ({})", render(fact.fact), render(fact.origin)));
        }
        if (!one.claimed.empty()) {
            paragraph(render(Message{N_("Often said and wrong: {0}"), {render(one.claimed)}}));
        }
        if (!one.change.empty()) {
            text_ += "    " + inked(screen_, Ink::Bold, one.change) + "\n";
        }
        text_ += '\n';
    }

    void folklore(const diagnosis::Folklore& one) {
        paragraph("- " + render(one.advice));
        paragraph(render(one.truth), 6);
    }

    void heading(const char* title) { text_ += inked(screen_, Ink::Bold, _(title)) + "\n"; }

    [[nodiscard]] const std::string& text() const { return text_; }

private:
    void paragraph(const std::string& words, std::size_t indent = 4) {
        const std::size_t width = std::clamp<std::size_t>(screen_.width, 40, 110) - indent;
        for (const std::string& line : wrap_text(words, width)) {
            text_ += std::string(indent, ' ') + line + "\n";
        }
    }

    const Screen& screen_;
    std::string text_;
};

struct Options {
    bool all = false;
    bool json = false;
};

int run(const Options& options, const Context& context) {
    const auto looks = look_at_host({});
    if (!looks) {
        complain(looks.error());
        return kFailure;
    }
    const Observations& seen = looks->front();
    if (options.json) {
        return finish(tune_json(diagnosis::audit(seen), diagnosis::folklore(seen)), kSuccess);
    }
    TuneText text(context.screen);
    std::size_t fine = 0;
    for (const TuneEntry& entry : diagnosis::audit(seen)) {
        if (entry.verdict == Verdict::Ok && !options.all) {
            ++fine;
            continue;
        }
        text.entry(entry);
    }
    text.heading(N_("Advice that circulates and is wrong here"));
    for (const diagnosis::Folklore& one : diagnosis::folklore(seen)) {
        text.folklore(one);
    }
    std::string output = text.text();
    if (fine > 0) {
        output =
            render(Message{N_("{0} options are right for this host's load (--all shows them)."),
                           {static_cast<std::int64_t>(fine)}}) +
            "\n\n" + output;
    }
    return finish(output, kSuccess);
}

}  // namespace

void add_tune_command(CLI::App& tcpdx, Run& chosen) {
    CLI::App* const command =
        tcpdx.add_subcommand("tune", _("judge kernel options against this host's load"));
    const auto options = std::make_shared<Options>();
    command->add_flag("--all", options->all, _("also the options that are right"));
    command->add_flag("--json", options->json, _("JSON, described in docs/json.md"));
    command->callback([options, &chosen] {
        chosen = [options](const Context& context) { return run(*options, context); };
    });
}

}  // namespace tcpdx::app
