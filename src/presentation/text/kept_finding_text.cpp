#include "presentation/text/kept_finding_text.h"

#include "base/i18n.h"
#include "presentation/i18n.h"
#include "presentation/render.h"
#include "presentation/text/text_page.h"

namespace tcpdx {
namespace {

using nlohmann::ordered_json;

std::string text_of(const ordered_json& object, const char* key) {
    const auto found = object.find(key);
    return found == object.end() || !found->is_string() ? std::string() : found->get<std::string>();
}

// Empty when it is not there, so that a document of another version is read as far as it goes.
const ordered_json& list_of(const ordered_json& object, const char* key) {
    static const ordered_json none = ordered_json::array();
    const auto found = object.find(key);
    return found == object.end() || !found->is_array() ? none : *found;
}

const char* label_of(const std::string& severity) {
    return severity == "problem" ? _("PROBLEM") : severity == "warning" ? _("WARNING") : _("INFO");
}

}  // namespace

std::string kept_finding_text(const ordered_json& finding, const std::string& when,
                              const Screen& screen) {
    constexpr std::size_t kIndent = 4;
    TextPage page(screen);
    const std::string severity = text_of(finding, "severity");
    page.item(std::string(label_of(severity)) + "  ", text_of(finding, "claim"), 0);
    page.paragraph(when + "  [" + text_of(finding, "rule") + "]", kIndent);
    const auto heading = [&](const char* title) { page.paragraph(_(title), kIndent); };
    if (!list_of(finding, "evidence").empty()) {
        heading(N_("Evidence"));
        for (const auto& fact : list_of(finding, "evidence")) {
            page.item("- ", text_of(fact, "fact"), kIndent);
        }
    }
    if (!list_of(finding, "candidates").empty()) {
        heading(N_("It can be one of these; the evidence does not tell them apart"));
        for (const auto& candidate : list_of(finding, "candidates")) {
            page.item("? ", text_of(candidate, "cause"), kIndent);
        }
    }
    int number = 0;
    for (const auto& advice : list_of(finding, "advice")) {
        if (number == 0) {
            heading(N_("What to do"));
        }
        page.item(std::to_string(++number) + ". ",
                  advice.is_string() ? advice.get<std::string>() : std::string(), kIndent);
    }
    return page.take();
}

}  // namespace tcpdx
