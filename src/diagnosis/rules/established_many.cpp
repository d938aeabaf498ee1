// Many established connections of one program, in a pasted listing. How many are too many only the
// program's own limit says (max_connections, a pool's size, descriptors), and a leak shows by
// growth alone. So it is information; from two samples that show growth it is a warning.
//
// Only for pasted listings: on a live host the limit of descriptors is known and has a rule.

#include "diagnosis/rules/established_many.h"

#include "base/i18n.h"
#include "diagnosis/evidence.h"
#include "diagnosis/grouping.h"
#include "diagnosis/paste_evidence.h"

namespace tcpdx::diagnosis {
namespace {

constexpr std::size_t kMany = 500;
constexpr std::size_t kGrownAtLeast = 20;

void finish(Finding& finding, const Situation& situation) {
    say_growth_unknown(finding, situation);
    finding.unknown.push_back(
        {N_("how many the program is meant to have: its own limit, or that of its descriptors")});
    finding.advice = {
        {N_("Compare the number with the limit of the program and of its clients' "
            "pools. It is a leak when it keeps growing while the load does not.")}};
}

std::vector<Finding> evaluate(const Situation& situation) {
    if (!situation.is_paste()) {
        return {};
    }
    std::vector<Finding> findings;
    for (const ConnectionGroup& group : group_by_owner(situation, {TcpState::Established},
                                                       [](const Connection&) { return true; })) {
        const std::size_t grown = grown_by(situation, group, TcpState::Established);
        const bool grows = grown >= kGrownAtLeast && grown * 10 >= group.members.size();
        if (group.members.size() < kMany && !grows) {
            continue;
        }
        const Connection& first = situation.now.connections[group.members.front()];
        Finding finding;
        finding.severity = grows ? Severity::Warning : Severity::Information;
        finding.claim = {N_("{0} has {1} established connections."),
                         {name_of(situation, group), count_of(group.members.size())}};
        finding.connections = group.members;
        finding.evidence = {{{N_("{0} in ESTABLISHED"), {count_of(group.members.size())}},
                             origin_of(first),
                             "ss -tanp state established"}};
        if (grows) {
            finding.evidence.push_back(
                {{N_("{0} more than in the listing before"), {count_of(grown)}},
                 origin_of(first),
                 ""});
        }
        add_peers(finding, situation, group.members);
        finish(finding, situation);
        findings.push_back(std::move(finding));
    }
    if (const auto number = bare_count(situation, TcpState::Established);
        number.value_or(0) >= kMany) {
        Finding finding;
        finding.claim = {N_("There are {0} established connections."), {count_of(*number)}};
        finding.evidence = {{{N_("{0} in ESTABLISHED"), {count_of(*number)}},
                             Origin::PastedText,
                             "ss -tanp state established"}};
        finish(finding, situation);
        findings.push_back(std::move(finding));
    }
    return findings;
}

}  // namespace

const Rule kEstablishedMany{
    .id = "established-many",
    .title = N_("Many established connections of one program, in a pasted listing."),
    .evaluate = evaluate,
    .harmless = true,
};

}  // namespace tcpdx::diagnosis
