#include "diagnosis/report.h"

#include "diagnosis/engine.h"
#include "diagnosis/grouping.h"
#include "diagnosis/paste_evidence.h"

namespace tcpdx::diagnosis {

Report make_report(const Situation& situation) {
    Report report;
    report.seen = &situation.now;
    report.asked = situation.asked;
    report.interval = situation.interval();
    for (const Connection& connection : situation.now.connections) {
        if (situation.asked.whole_host() || is_asked_about(situation, connection)) {
            ++report.state_counts[static_cast<std::size_t>(connection.state)];
        }
    }
    if (situation.asked.port) {
        report.port = view_port(situation, *situation.asked.port);
    }
    report.findings = diagnose(situation);
    if (situation.is_paste()) {
        for (const TcpState state : kAllTcpStates) {
            std::size_t& count = report.state_counts[static_cast<std::size_t>(state)];
            count = bare_count(situation, state).value_or(count);
        }
        report.paste = report_on_paste(situation);
    }
    return report;
}

}  // namespace tcpdx::diagnosis
