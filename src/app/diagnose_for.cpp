#include "app/diagnose_for.h"

#include <algorithm>

#include "app/interruption.h"
#include "app/watch.h"
#include "base/i18n.h"

namespace tcpdx::app {
namespace {

using Clock = std::chrono::steady_clock;

void say_without_events(Observations& seen) {
    seen.coverage.unseen.push_back(
        {{N_("connections that opened, failed or were reset between the two looks.")},
         {N_("Run as root, or with CAP_BPF and CAP_PERFMON.")}});
}

}  // namespace

void put_watched_facts(Observations& seen, const trace::LifeTracker& tracker, trace::Time now) {
    for (Connection& connection : seen.connections) {
        const std::uint64_t cookie = connection.cookie.value_or(0);
        if (const auto age = tracker.age_of(cookie, connection.state, now)) {
            connection.age = *age;
        }
        if (const Opener opener = tracker.opener_of(cookie); opener != Opener::Unknown) {
            connection.opener = opener;
            connection.opener_basis = OpenerBasis::Watched;
        }
    }
}

Result<WatchedLooks> watch_host(
    const LookRequest& request, std::chrono::milliseconds duration,
    const std::function<void(std::chrono::milliseconds left)>& on_wait) {
    constexpr std::chrono::milliseconds kBetweenWaits(500);
    WatchedLooks looks;
    Watch watch = TRY(Watch::begin({.all_namespaces = request.all_namespaces, .areas = {}}));
    trace::ActivityListener activity(watch.reasons());
    trace::LifeTracker tracker(watch.tracker_settings(), activity);
    const auto begun = Clock::now();
    const auto end = begun + duration;
    TRY(watch.join(tracker));
    looks.first = watch.take_looks();

    auto next_wait = begun;
    while (!interrupted() && Clock::now() < end) {
        const auto now = Clock::now();
        if (now >= next_wait) {
            on_wait(std::chrono::ceil<std::chrono::milliseconds>(end - now));
            next_wait = now + kBetweenWaits;
        }
        if (watch.without_events()) {
            sleep_unless_interrupted(
                std::min(kBetweenWaits, std::chrono::ceil<std::chrono::milliseconds>(end - now)));
        } else {
            TRY(watch.turn(tracker, end));
        }
    }
    const auto lasted = std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - begun);
    looks.second = TRY(look_at_host(request));
    if (watch.without_events()) {
        say_without_events(looks.second.front());
        return looks;
    }
    const trace::Time looked = monotonic_now();
    TRY(watch.last_turn(tracker));
    tracker.finish();
    const trace::Losses losses = watch.losses();
    looks.activity = std::move(activity.by_namespace());
    for (Observations& seen : looks.second) {
        put_watched_facts(seen, tracker, looked);
        trace::Activity& here =
            (*looks.activity)[static_cast<std::uint32_t>(seen.network_namespace.inode)];
        here.lasted = lasted;
        here.lost_changes = losses.changes;
        here.lost_details = losses.details;
    }
    return looks;
}

}  // namespace tcpdx::app
