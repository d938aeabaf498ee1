#include "model/time_wait_count.h"

#include <algorithm>
#include <tuple>
#include <utility>

namespace tcpdx {

void TimeWaitCount::add(const IpAddress& local, const SocketAddress& remote, std::size_t count) {
    // Mostly of the same destination as the one before.
    if (!some_.empty() && some_.back().remote == remote && some_.back().local == local) {
        some_.back().count += count;
        return;
    }
    if (some_.size() >= merge_at_) {
        merge();
        merge_at_ = std::max(kAtLeast, 2 * some_.size());
    }
    some_.push_back({local, remote, count});
}

std::vector<TimeWaitsTowards> TimeWaitCount::take() {
    merge();
    some_.shrink_to_fit();
    merge_at_ = kAtLeast;
    return std::exchange(some_, {});
}

void TimeWaitCount::merge() {
    const auto ends = [](const TimeWaitsTowards& each) {
        return std::tie(each.remote, each.local);
    };
    std::sort(some_.begin(), some_.end(),
              [&](const auto& a, const auto& b) { return ends(a) < ends(b); });
    std::size_t kept = 0;
    for (std::size_t i = 0; i < some_.size(); ++i) {
        if (kept > 0 && ends(some_[kept - 1]) == ends(some_[i])) {
            some_[kept - 1].count += some_[i].count;
        } else {
            some_[kept++] = some_[i];
        }
    }
    some_.resize(kept);
}

}  // namespace tcpdx
