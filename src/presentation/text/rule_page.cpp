#include "presentation/text/rule_page.h"

namespace tcpdx {
namespace {

struct RulePageText {
    std::string_view id;
    std::string_view language;
    std::string_view markdown;
};

#include "rule_page_texts.h"

}  // namespace

std::optional<std::string_view> rule_page(std::string_view rule_id, Language language) {
    std::optional<std::string_view> english;
    for (const RulePageText& page : kRulePages) {
        if (page.id != rule_id) {
            continue;
        }
        if (page.language == "ko" && language == Language::Korean) {
            return page.markdown;
        }
        if (page.language == "en") {
            english = page.markdown;
        }
    }
    return english;
}

}  // namespace tcpdx
