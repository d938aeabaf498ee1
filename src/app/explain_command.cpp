#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "app/command.h"
#include "app/look.h"
#include "base/i18n.h"
#include "diagnosis/engine.h"
#include "presentation/i18n.h"
#include "presentation/json/explain_json.h"
#include "presentation/render.h"
#include "presentation/text/explain_text.h"
#include "presentation/text/nearest.h"
#include "presentation/text/rule_page.h"

namespace tcpdx::app {
namespace {

constexpr std::string_view kRules = "rules";

struct Options {
    std::string subject;
    bool json = false;
};

const diagnosis::Rule* find_rule(std::string_view id) {
    const auto rules = diagnosis::all_rules();
    const auto found = std::find_if(rules.begin(), rules.end(),
                                    [&](const diagnosis::Rule* rule) { return rule->id == id; });
    return found == rules.end() ? nullptr : *found;
}

// A host that cannot be looked at is no reason not to explain: then the counts and the values of
// options are missing, and stderr says why.
Observations look() {
    auto looks = look_at_host({});
    if (!looks || looks->empty()) {
        if (!looks) {
            complain(looks.error());
        }
        return {};
    }
    return std::move(looks->front());
}

int refuse(const std::string& subject) {
    std::vector<std::string_view> words{kRules};
    for (const TcpState state : kAllTcpStates) {
        words.push_back(rfc_name(state));
    }
    for (const diagnosis::Rule* rule : diagnosis::all_rules()) {
        words.push_back(rule->id);
    }
    std::string text = render(Message{N_("{0} is neither a state of TCP nor a rule."), {subject}});
    if (const auto word = nearest(subject, words)) {
        text += ' ';
        text += render(Message{N_("Did you mean {0}?"), {std::string(*word)}});
    } else {
        text += ' ';
        text += _("tcpdx explain shows the states, tcpdx explain rules lists the rules.");
    }
    complain(text);
    return kUsageError;
}

int run(const Options& options, const Context& context) {
    const std::string& subject = options.subject;
    if (subject.empty()) {
        const Observations seen = look();
        return finish(options.json ? explain_overview_json(seen)
                                   : explain_overview_text(seen, context.screen),
                      kSuccess);
    }
    if (subject == kRules) {
        return finish(options.json ? list_rules_json() : list_rules_text(context.screen), kSuccess);
    }
    if (const auto state = parse_tcp_state(subject)) {
        const Observations seen = look();
        const diagnosis::Limits limits;
        return finish(options.json ? explain_state_json(*state, seen, limits)
                                   : explain_state_text(*state, seen, limits, context.screen),
                      kSuccess);
    }
    if (const diagnosis::Rule* rule = find_rule(subject)) {
        return finish(options.json
                          ? explain_rule_json(*rule, rule_page(rule->id, language()).value_or(""))
                          : explain_rule_text(*rule, context.screen),
                      kSuccess);
    }
    return refuse(subject);
}

}  // namespace

void add_explain_command(CLI::App& tcpdx, Run& chosen) {
    const auto options = std::make_shared<Options>();
    CLI::App* command = tcpdx.add_subcommand(
        "explain", _("what a state or a rule means; without a name, the whole state diagram"));
    command->add_option("SUBJECT", options->subject,
                        _("a state in any spelling (TIME_WAIT, tw), a rule, or `rules`"));
    command->add_flag("--json", options->json, _("JSON, described in docs/json.md"));
    command->callback([&chosen, options] {
        chosen = [options](const Context& context) { return run(*options, context); };
    });
}

}  // namespace tcpdx::app
