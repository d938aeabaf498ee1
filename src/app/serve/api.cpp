#include "app/serve/api.h"

#include <algorithm>

#include "base/i18n.h"
#include "diagnosis/engine.h"
#include "presentation/json/explain_json.h"
#include "presentation/json/now_json.h"
#include "presentation/render.h"
#include "presentation/text/rule_page.h"

namespace tcpdx::app {
namespace {

Answer not_found() {
    return error_answer(404, "not-found", _("There is nothing at this address."));
}

}  // namespace

Answer Api::answer(const Question& question) {
    constexpr std::string_view kRoot = "/api/v1/";
    if (!question.path.starts_with(kRoot)) {
        return not_found();
    }
    const std::string topic = question.path.substr(kRoot.size());
    const auto below = [&](std::string_view folder) {
        return topic.starts_with(folder) ? std::optional(topic.substr(folder.size()))
                                         : std::nullopt;
    };
    if (topic == "now") {
        const std::string document = now(question.language);
        return document.empty() ? error_answer(503, "failed", _("The first second is not over."))
                                : Answer{.body = document};
    }
    if (topic == "connections") {
        return connections_.list(question);
    }
    if (const auto id = below("connections/")) {
        return history_.connection(*id, connections_.row(*id));
    }
    if (topic == "closed") {
        return history_.closed(question);
    }
    if (topic == "series") {
        return history_.series(question);
    }
    if (topic == "map") {
        return connections_.map(question);
    }
    if (topic == "findings") {
        return history_.findings(question);
    }
    if (const auto subject = below("explain/")) {
        return explain(*subject, question.language);
    }
    return not_found();
}

std::string Api::now(Language language) {
    const auto now = monitor_.now();
    if (now == nullptr) {
        return {};
    }
    const auto looked = monitor_.looked();
    const std::lock_guard lock(mutex_);
    Made& made = made_[language];
    if (looked != nullptr && made.findings_of != looked->at) {
        made.findings = findings_json(looked->findings, language);
        made.findings_of = looked->at;
        made.of = std::chrono::microseconds(0);
    }
    if (made.of != now->at) {
        made.document =
            now_json(*now, monitor_.unseen(),
                     looked == nullptr ? std::chrono::microseconds(0) : looked->at, made.findings);
        made.of = now->at;
    }
    return made.document;
}

Answer Api::explain(const std::string& topic, Language language) const {
    static const Observations nothing;
    const auto looked = monitor_.looked();
    const Observations& seen =
        looked == nullptr || looked->looks.empty() ? nothing : looked->looks.front();
    if (topic == "states") {
        return {.body = explain_overview_json(seen)};
    }
    if (topic == "rules") {
        return {.body = list_rules_json()};
    }
    if (const auto state = parse_tcp_state(topic)) {
        return {.body = explain_state_json(*state, seen, diagnosis::Limits())};
    }
    for (const diagnosis::Rule* rule : diagnosis::all_rules()) {
        if (rule->id == topic) {
            return {.body = explain_rule_json(*rule, rule_page(topic, language).value_or(""))};
        }
    }
    return error_answer(404, "not-found",
                        render({N_("{0} is neither a state of TCP nor a rule."), {topic}}));
}

}  // namespace tcpdx::app
