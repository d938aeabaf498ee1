#include "app/peer_watch.h"

#include <algorithm>

#include "app/interruption.h"
#include "app/peer_watcher.h"
#include "app/probe_progress.h"
#include "base/i18n.h"
#include "diagnosis/reach/server_facts.h"
#include "diagnosis/reach/verdict.h"
#include "presentation/json/port_watch_json.h"
#include "presentation/text/port_watch_text.h"

namespace tcpdx::app {
namespace {

using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

// Until the time is over, or Ctrl-C.
Result<PortWatch> watch_for(const PeerWatchRequest& request) {
    PeerWatcher watcher(request.port, request.peer);
    TRY(watcher.start());
    ProbeProgress progress;
    const auto end = Clock::now() + request.duration;
    while (Clock::now() < end && !interrupted()) {
        progress.show({N_("watching for {0}"), {request.peer}}, request.duration);
        const auto left = std::chrono::ceil<milliseconds>(end - Clock::now());
        sleep_unless_interrupted(std::min(left, PeerWatcher::kBetweenLooks));
        TRY(watcher.look());
    }
    progress.clear();
    return watcher.finish();
}

// 0 its connections are taken, 1 with something wrong, 2 they are not taken, 3 nothing was seen.
int status_of(const PortWatch& watch, const diagnosis::reach::Verdict& verdict) {
    if (verdict.outcome == diagnosis::reach::Verdict::Outcome::ConnectsButBadly) {
        return 1;
    }
    if (verdict.outcome == diagnosis::reach::Verdict::Outcome::Connects) {
        return 0;
    }
    if (verdict.candidates.empty()) {
        return watch.connections.empty() ? kCouldNotTell : 0;
    }
    return watch.packets && watch.packets->syns == 0 ? kCouldNotTell : 2;
}

}  // namespace

int watch_peer(const PeerWatchRequest& request, const Context& context) {
    let_interrupts_end_waiting();
    const auto watch = watch_for(request);
    if (!watch) {
        complain(watch.error());
        return kCouldNotTell;
    }
    const auto verdict = diagnosis::reach::judge_server(
        diagnosis::reach::server_facts(*watch, std::nullopt),
        {.port = watch->port, .server = IpAddress::any(watch->peer.family), .client = watch->peer});
    return finish(request.json ? port_watch_json(*watch, verdict)
                               : port_watch_text(*watch, verdict, context.screen),
                  status_of(*watch, verdict));
}

}  // namespace tcpdx::app
