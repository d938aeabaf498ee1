#include "presentation/text/conclusion_text.h"

#include <fmt/format.h>

#include "base/i18n.h"
#include "presentation/i18n.h"
#include "presentation/render.h"
#include "presentation/text/probe_text.h"
#include "presentation/text/text_page.h"

namespace tcpdx {
namespace {

using diagnosis::reach::Joined;
using diagnosis::reach::Verdict;

void evidence(const char* heading, const std::vector<Observation>& facts, const Screen& screen,
              TextPage& page) {
    page.line(inked(screen, Ink::Dim, _(heading)), 4);
    for (const Observation& fact : facts) {
        page.item("- ", fmt::format("{} ({})", render(fact.fact), render(fact.origin)), 4);
    }
}

const char* headline(const Verdict& verdict) {
    if (verdict.outcome == Verdict::Outcome::Connects) {
        return _("It connects, and both ends see nothing wrong.");
    }
    if (verdict.is_certain()) {
        return _("Both ends together leave one cause.");
    }
    return verdict.candidates.empty() ? _("What both ends saw fits no cause that is known here.")
                                      : _("Both ends together leave several causes.");
}

}  // namespace

std::string conclusion_text(const Joined& joined, const Screen& screen) {
    TextPage page(screen);
    page.paragraph(inked(screen, Ink::Bold, headline(joined.verdict)));
    Verdict without_evidence = joined.verdict;
    without_evidence.evidence.clear();
    write_verdict(without_evidence, screen, page);
    evidence(N_("Seen by the client"), joined.client_evidence, screen, page);
    evidence(N_("Seen by the server"), joined.server_evidence, screen, page);
    if (joined.clock_offset) {
        const auto ms = [](std::chrono::microseconds duration) {
            return std::int64_t{
                std::chrono::duration_cast<std::chrono::milliseconds>(duration).count()};
        };
        page.paragraph(
            render(
                Message{N_("The server's clock is between {0} and {1} ms ahead of the client's."),
                        {ms(joined.clock_offset->least), ms(joined.clock_offset->most)}}),
            4);
    }
    return page.take();
}

}  // namespace tcpdx
