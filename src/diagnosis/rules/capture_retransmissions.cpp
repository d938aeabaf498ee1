// Loss on the way: a share of segments that is sent again, and connections whose path died, where
// an end repeats itself and hears nothing more.

#include "diagnosis/rules/capture_retransmissions.h"

#include "base/i18n.h"
#include "diagnosis/capture_evidence.h"
#include "diagnosis/evidence.h"

namespace tcpdx::diagnosis {
namespace {

constexpr std::uint64_t kEnoughSegments = 200;
constexpr std::uint64_t kEnoughAgain = 10;
constexpr double kNoticeablePercent = 2;
constexpr std::uint64_t kRepeatsOfADeadPath = 3;

bool is_dead(const CapturedConnection& connection, std::size_t end) {
    const CapturedFlow& flow = connection.ends.at(end).sent;
    return flow.unacknowledged_data && flow.unanswered_repeats >= kRepeatsOfADeadPath &&
           connection.outcome != CapturedOutcome::Reset;
}

std::vector<Finding> evaluate(const Situation& situation) {
    if (!situation.now.captured) {
        return {};
    }
    const CompactSums& others = situation.now.captured->compact_sums;
    std::uint64_t segments = others.data_segments;
    std::uint64_t again = others.retransmissions;
    std::vector<const CapturedConnection*> lossy;
    std::vector<const CapturedConnection*> dead;
    for (const CapturedConnection& connection : situation.now.captured->connections) {
        std::uint64_t mine = 0;
        for (std::size_t end = 0; end < 2; ++end) {
            const CapturedFlow& flow = connection.ends.at(end).sent;
            segments += flow.data_segments;
            mine += flow.retransmissions - flow.syn_retransmissions;
            if (is_dead(connection, end)) {
                dead.push_back(&connection);
                break;
            }
        }
        again += mine;
        if (mine > 0) {
            lossy.push_back(&connection);
        }
    }
    std::vector<Finding> findings;
    if (!dead.empty()) {
        const auto groups = grouped(dead, 1);
        Finding finding;
        finding.severity = Severity::Problem;
        finding.claim = {
            N_("Data is sent again and again and never acknowledged (connections: {0}): "
               "the way between the ends broke, or one of them vanished."),
            {count_of(dead.size())}};
        add_groups(finding, situation, groups);
        finding.unknown.push_back(
            {N_("in which direction packets are lost: a capture at the other "
                "end shows it")});
        findings.push_back(finding);
    }
    const double percent =
        segments == 0 ? 0 : 100.0 * static_cast<double>(again) / static_cast<double>(segments);
    if (segments >= kEnoughSegments && again >= kEnoughAgain && percent >= kNoticeablePercent) {
        Finding finding;
        finding.severity = Severity::Warning;
        finding.claim = {N_("Packets are lost on the way: {0} of the segments with data were sent "
                            "again."),
                         {Percent{percent}}};
        finding.evidence.push_back(
            {.fact = {N_("sent again {0} of {1}"), {count_of(again), count_of(segments)}},
             .origin = Origin::Packet});
        add_groups(finding, situation, grouped(lossy, 1));
        findings.push_back(finding);
    }
    return findings;
}

}  // namespace

const Rule kCaptureRetransmissions{.id = "capture-retransmissions",
                                   .title = N_("Loss that a capture shows"),
                                   .evaluate = evaluate};

}  // namespace tcpdx::diagnosis
