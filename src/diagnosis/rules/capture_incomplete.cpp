// What makes a capture misleading: packets that it lost, one direction only, everything twice.
// Nothing is wrong with the connections then, but much of what other tools say of them is.

#include "diagnosis/rules/capture_incomplete.h"

#include <algorithm>

#include "base/i18n.h"
#include "diagnosis/capture_evidence.h"
#include "diagnosis/evidence.h"

namespace tcpdx::diagnosis {
namespace {

std::vector<Finding> evaluate(const Situation& situation) {
    if (!situation.now.captured) {
        return {};
    }
    const Captured& captured = *situation.now.captured;
    const CompactSums& others = captured.compact_sums;
    std::uint64_t missing = others.packets_missing;
    std::uint64_t one_way = others.one_direction;
    std::uint64_t translated = others.translated;
    std::uint64_t copies = others.duplicates;
    std::uint64_t packets = others.packets;
    for (const CapturedConnection& connection : captured.connections) {
        missing += connection.has(CaptureLimit::PacketsMissing) ? 1U : 0U;
        one_way += connection.has(CaptureLimit::OneDirection) ? 1U : 0U;
        translated += connection.translation ? 1U : 0U;
        for (const CapturedEnd& end : connection.ends) {
            copies += end.sent.duplicates;
            packets += end.sent.packets;
        }
    }
    Finding finding;
    finding.severity = Severity::Information;
    const auto add = [&](bool applies, const char* text, std::uint64_t count) {
        if (applies) {
            finding.evidence.push_back(
                {.fact = {text, {count_of(count)}}, .origin = Origin::Packet});
        }
    };
    add(captured.counts.dropped_by_capture > 0,
        N_("packets that the capturing program could not keep: {0}"),
        captured.counts.dropped_by_capture);
    add(missing > 0, N_("connections with acknowledged data that is not in the capture: {0}"),
        missing);
    add(one_way > 0 && one_way * 2 >= captured.connection_count(),
        N_("connections of which only one direction was captured: {0}"), one_way);
    add(copies > 0 && copies * 3 >= packets,
        N_("packets that are in the capture twice (mirror port, or all interfaces of a router); "
           "they are no retransmissions: {0}"),
        copies);
    add(translated > 0,
        N_("connections that are there twice, once on each side of an address translator: {0}"),
        translated);
    if (finding.evidence.empty()) {
        return {};
    }
    finding.claim = {N_("This capture does not show everything as it was.")};
    return {finding};
}

}  // namespace

const Rule kCaptureIncomplete{.id = "capture-incomplete",
                              .title = N_("What makes a capture misleading"),
                              .evaluate = evaluate};

}  // namespace tcpdx::diagnosis
