// The other end has closed, and this one goes on without closing: its program does not notice the
// end of the stream. Sending on is what a half close is for, so only silence counts.

#include "diagnosis/rules/capture_close_wait.h"

#include "base/i18n.h"
#include "diagnosis/capture_evidence.h"
#include "diagnosis/evidence.h"

namespace tcpdx::diagnosis {
namespace {

std::vector<Finding> evaluate(const Situation& situation) {
    if (!situation.now.captured || !situation.now.captured->last) {
        return {};
    }
    const Captured& captured = *situation.now.captured;
    std::vector<const CapturedConnection*> waiting;
    std::chrono::nanoseconds longest{0};
    std::size_t holder = 1;
    for (const CapturedConnection& connection : captured.connections) {
        for (std::size_t end = 0; end < 2; ++end) {
            const CapturedEnd& one = connection.ends.at(end);
            for (const CapturedState& state : one.states) {
                const auto until = state.until.value_or(*captured.last);
                const auto lasted = until - state.since;
                if (state.certain() != TcpState::CloseWait ||
                    lasted < situation.limits.close_wait || one.sent.data_after_peer_fin > 0) {
                    continue;
                }
                waiting.push_back(&connection);
                if (lasted > longest) {
                    longest = lasted;
                    holder = end;
                }
            }
        }
    }
    if (waiting.empty()) {
        return {};
    }
    const auto groups = grouped(waiting, holder);
    Finding finding;
    finding.severity = Severity::Warning;
    finding.claim = {N_("The program at {0} does not close connections that the other end has "
                        "closed: {1}, for up to {2}."),
                     {groups.front().address, count_of(waiting.size()), to_ms(longest)}};
    add_groups(finding, situation, groups);
    finding.advice.push_back(
        {N_("Look for a missing close() on the end-of-stream path of that program.")});
    return {finding};
}

}  // namespace

const Rule kCaptureCloseWait{.id = "capture-close-wait",
                             .title = N_("CLOSE-WAIT that lasts, in a capture"),
                             .evaluate = evaluate};

}  // namespace tcpdx::diagnosis
