#include "endpoint/time_wait_table.h"

namespace tcpdx::endpoint {

void TimeWaitTable::add(const FourTuple& tuple, const TimeWait& block) {
    remove(tuple);
    order_.push_back({.tuple = tuple, .block = block});
    by_tuple_.emplace(tuple, std::prev(order_.end()));
}

TimeWaitTable::Entry* TimeWaitTable::find(const FourTuple& tuple) {
    const auto found = by_tuple_.find(tuple);
    return found == by_tuple_.end() ? nullptr : &*found->second;
}

void TimeWaitTable::restarted(const FourTuple& tuple) {
    if (const auto found = by_tuple_.find(tuple); found != by_tuple_.end()) {
        order_.splice(order_.end(), order_, found->second);
    }
}

void TimeWaitTable::remove(const FourTuple& tuple) {
    if (const auto found = by_tuple_.find(tuple); found != by_tuple_.end()) {
        order_.erase(found->second);
        by_tuple_.erase(found);
    }
}

void TimeWaitTable::expire(Time now) {
    while (!order_.empty() && order_.front().block.expires <= now) {
        by_tuple_.erase(order_.front().tuple);
        order_.pop_front();
    }
}

std::optional<Time> TimeWaitTable::next_deadline() const {
    if (order_.empty()) {
        return std::nullopt;
    }
    return order_.front().block.expires;
}

}  // namespace tcpdx::endpoint
