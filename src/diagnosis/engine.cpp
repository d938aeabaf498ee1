#include "diagnosis/engine.h"

#include <algorithm>
#include <cassert>

namespace tcpdx::diagnosis {

std::vector<Finding> diagnose(const Situation& situation) {
    std::vector<Finding> findings;
    for (const Rule* rule : all_rules()) {
        for (Finding& finding : rule->evaluate(situation)) {
            assert(!finding.evidence.empty());
            assert(finding.candidates.size() != 1);
            finding.rule_id = rule->id;
            findings.push_back(std::move(finding));
        }
    }
    std::stable_sort(findings.begin(), findings.end(), [](const Finding& a, const Finding& b) {
        if (a.severity != b.severity) {
            return a.severity > b.severity;
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
