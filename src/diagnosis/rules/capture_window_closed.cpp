// A receive window that stays closed: the program at that end does not read.

#include "diagnosis/rules/capture_window_closed.h"

#include "base/i18n.h"
#include "diagnosis/capture_evidence.h"
#include "diagnosis/evidence.h"

namespace tcpdx::diagnosis {
namespace {

constexpr std::chrono::milliseconds kNoticeable{1000};

std::vector<Finding> evaluate(const Situation& situation) {
    if (!situation.now.captured) {
        return {};
    }
    std::vector<const CapturedConnection*> closed;
    std::chrono::nanoseconds longest{0};
    bool for_good = false;
    std::size_t slow_end = 0;
    for (const CapturedConnection& connection : situation.now.captured->connections) {
        for (std::size_t end = 0; end < 2; ++end) {
            const auto duration = connection.ends.at(end).sent.zero_window_time;
            if (connection.ends.at(end).sent.zero_windows == 0 || duration < kNoticeable) {
                continue;
            }
            if (closed.empty() || closed.back() != &connection) {
                closed.push_back(&connection);
            }
            for_good |= connection.ends.at(end).sent.window_closed_at_end;
            if (duration > longest) {
                longest = duration;
                slow_end = end;
            }
        }
    }
    if (closed.empty()) {
        return {};
    }
    const auto groups = grouped(closed, slow_end);
    Finding finding;
    finding.severity = for_good ? Severity::Problem : Severity::Warning;
    finding.claim = {N_("The program at {0} does not read fast enough: its receive window was "
                        "closed for {1} (connections: {2})."),
                     {groups.front().address, to_ms(longest), count_of(closed.size())}};
    add_groups(finding, situation, groups);
    if (for_good) {
        finding.evidence.push_back(
            {.fact = {N_("a window was still closed when the capture or the connection ended")},
             .origin = Origin::Packet});
    }
    finding.advice.push_back(
        {N_("Look at what the program at that end waits for: the network delivers, and it does not "
            "read.")});
    return {finding};
}

}  // namespace

const Rule kCaptureWindowClosed{.id = "capture-window-closed",
                                .title = N_("A receive window in a capture that stays closed"),
                                .evaluate = evaluate};

}  // namespace tcpdx::diagnosis
