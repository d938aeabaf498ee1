// A full connection tracking table drops the first packet of every new flow, silently and for all
// destinations behind this host, while established flows go on: "it connects sometimes" (facts: row
// k). `insert_failed` is another thing: no free translation for source NAT towards one destination
// (row l2), or two packets of one flow that raced each other, which is common and mostly harmless.

#include "diagnosis/rules/conntrack_near_full.h"

#include "base/i18n.h"
#include "diagnosis/counter_evidence.h"

namespace tcpdx::diagnosis {
namespace {

constexpr double kNearlyAll = 95;

std::optional<std::uint64_t> increase(const Situation& situation,
                                      std::optional<std::uint64_t> Conntrack::*figure) {
    if (situation.earlier == nullptr || !situation.earlier->conntrack || !situation.now.conntrack) {
        return std::nullopt;
    }
    const auto& before = (*situation.earlier->conntrack).*figure;
    const auto& after = (*situation.now.conntrack).*figure;
    if (!before || !after || *after < *before) {
        return std::nullopt;
    }
    return *after - *before;
}

Observation rise(const Situation& situation, const char* figure, std::uint64_t by) {
    return {{N_("{0} rose by {1} in {2}"),
             {std::string(figure), static_cast<std::int64_t>(by),
              situation.interval().value_or(Limits::Duration(0))}},
            Origin::Counter,
            "conntrack -S"};
}

std::vector<Candidate> why_inserting_fails() {
    return {{{N_("Source NAT has no free port left towards one destination.")},
             {N_("conntrack -L lists about as many entries with that destination as there are "
                 "ports")},
             "conntrack -L -p tcp -n"},
            {{N_("Two packets of the same new flow raced each other, as with two DNS queries from "
                 "one socket.")},
             {N_("it is UDP, and the number stays small")},
             "conntrack -S"}};
}

std::vector<Finding> evaluate(const Situation& situation) {
    if (!situation.now.conntrack || !counters_concern(situation.asked)) {
        return {};
    }
    const Conntrack& table = *situation.now.conntrack;
    const bool size_known = table.count && table.maximum && *table.maximum > 0;
    const double percent =
        size_known ? 100.0 * static_cast<double>(*table.count) / static_cast<double>(*table.maximum)
                   : 0;
    const std::uint64_t evicted = increase(situation, &Conntrack::early_drop).value_or(0);
    const std::uint64_t dropped = increase(situation, &Conntrack::drop).value_or(0);
    const std::uint64_t failed = increase(situation, &Conntrack::insert_failed).value_or(0);
    // The kernel evicts only when the table is full. Other drops have other reasons as well.
    const bool full = evicted > 0 || (size_known && percent >= kNearlyAll);
    const bool near = size_known && percent >= situation.limits.resource_used_percent;
    if (!full && !near && dropped == 0 && failed == 0) {
        return {};
    }

    Finding finding;
    finding.severity = full || dropped > 0 ? Severity::Problem : Severity::Warning;
    if (full) {
        finding.claim = {
            N_("The connection tracking table is full: packets of new connections are dropped.")};
    } else if (dropped > 0 && failed == 0) {
        finding.claim = {N_("Connection tracking drops packets.")};
    } else if (failed > 0) {
        finding.claim = {N_("Connection tracking cannot enter new flows.")};
        finding.candidates = why_inserting_fails();
    } else {
        finding.claim = {N_("Connection tracking uses {0} of its table."), {Percent{percent}}};
    }
    if (size_known) {
        finding.evidence.push_back(
            {{N_("{0} of {1} entries in use"),
              {static_cast<std::int64_t>(*table.count), static_cast<std::int64_t>(*table.maximum)}},
             Origin::Counter,
             "sysctl net.netfilter.nf_conntrack_count "
             "net.netfilter.nf_conntrack_max"});
    }
    if (evicted > 0) {
        finding.evidence.push_back(rise(situation, "early_drop", evicted));
    }
    if (dropped > 0) {
        finding.evidence.push_back(rise(situation, "drop", dropped));
    }
    if (failed > 0) {
        finding.evidence.push_back(rise(situation, "insert_failed", failed));
    }
    if (full || near) {
        finding.advice = {
            {N_("Raise net.netfilter.nf_conntrack_max; an entry takes about 300 bytes.")},
            {N_("See what fills it with conntrack -L: often one state or one peer stands out.")},
            {N_("Do not track what needs no state (the notrack statement of nftables).")}};
    } else {
        finding.advice = {
            {N_("For source NAT, add addresses to translate to, or keep connections open.")}};
    }
    return {finding};
}

}  // namespace

const Rule kConntrackNearFull{
    .id = "conntrack-near-full",
    .title = N_("The connection tracking table is full or nearly so."),
    .evaluate = evaluate,
};

}  // namespace tcpdx::diagnosis
