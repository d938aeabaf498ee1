#include "diagnosis/engine.h"

#include <algorithm>
#include <cassert>

#include "base/i18n.h"
#include "diagnosis/commands_by_system.h"
#include "diagnosis/paste_names.h"

namespace tcpdx::diagnosis {
namespace {

// Of a paste everything comes from its text, whatever the same fact comes from on a live host; but
// for thresholds and defaults, which this program adds.
void attribute_to_the_text(Finding& finding) {
    for (Observation& fact : finding.evidence) {
        if (fact.origin != Origin::Limit) {
            fact.origin = Origin::PastedText;
        }
    }
}

// A listing without owners can have a finding for each of sixty thousand ports. Rules give the
// largest first, and nobody reads the rest; but that there is a rest is said.
void keep_the_first(std::vector<Finding>& findings) {
    constexpr std::size_t kMostOfOneRule = 20;
    if (findings.size() <= kMostOfOneRule) {
        return;
    }
    const auto left_out = static_cast<std::int64_t>(findings.size() - kMostOfOneRule);
    findings.resize(kMostOfOneRule);
    findings.back().unknown.push_back(
        {N_("what else there is of this kind: {0} more findings of this rule are left out"),
         {left_out}});
}

}  // namespace

std::vector<Finding> diagnose(const Situation& situation) {
    std::vector<Finding> findings;
    for (const Rule* rule : all_rules()) {
        std::vector<Finding> of_rule = rule->evaluate(situation);
        keep_the_first(of_rule);
        for (Finding& finding : of_rule) {
            assert(!finding.evidence.empty());
            assert(finding.candidates.size() != 1);
            finding.rule_id = rule->id;
            finding.ordinary = finding.ordinary || rule->harmless;
            if (situation.is_paste()) {
                attribute_to_the_text(finding);
                put_names_back(finding, *situation.now.paste);
                fit_to_system(finding, situation.now.paste->system);
            }
            findings.push_back(std::move(finding));
        }
    }
    std::stable_sort(findings.begin(), findings.end(), [&](const Finding& a, const Finding& b) {
        if (a.severity != b.severity) {
            return a.severity > b.severity;
        }
        if (a.ordinary != b.ordinary) {
            return b.ordinary;
        }
        if (a.ordinary && a.connections.size() != b.connections.size()) {
            return a.connections.size() > b.connections.size();
        }
        return a.since.lower.value_or(Age::Duration(0)) > b.since.lower.value_or(Age::Duration(0));
    });
    return findings;
}

int exit_status(std::span<const Finding> findings) {
    Severity worst = Severity::Information;
    for (const Finding& finding : findings) {
        worst = std::max(worst, finding.severity);
    }
    return static_cast<int>(worst);
}

}  // namespace tcpdx::diagnosis
