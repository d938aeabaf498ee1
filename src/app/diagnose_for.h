#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <vector>

#include "app/look.h"
#include "model/trace/activity.h"
#include "model/trace/life_tracker.h"

namespace tcpdx::app {

// Two looks, and what happened between them.
struct WatchedLooks {
    std::vector<Observations> first;
    std::vector<Observations> second;  // with the exact ages of what was seen to begin
    // By inode of the network namespace. Nothing where events cannot be had.
    std::optional<std::map<std::uint32_t, trace::Activity>> activity;
};

// The exact ages and the openers of what was seen to begin.
void put_watched_facts(Observations& seen, const trace::LifeTracker& tracker, trace::Time now);

// Watches this host for so long, or until interrupted. `on_wait` is told how much is left, a few
// times a second.
[[nodiscard]] Result<WatchedLooks> watch_host(
    const LookRequest& request, std::chrono::milliseconds duration,
    const std::function<void(std::chrono::milliseconds left)>& on_wait);

}  // namespace tcpdx::app
