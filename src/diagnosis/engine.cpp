#include "diagnosis/engine.h"

#include <algorithm>
#include <cassert>

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

}  // namespace

std::vector<Finding> diagnose(const Situation& situation) {
    std::vector<Finding> findings;
    for (const Rule* rule : all_rules()) {
        for (Finding& finding : rule->evaluate(situation)) {
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
