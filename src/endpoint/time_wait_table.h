#pragma once

#include <cstdint>
#include <list>
#include <optional>
#include <unordered_map>

#include "endpoint/identity.h"
#include "endpoint/time_wait.h"

namespace tcpdx::endpoint {

// Connections in TIME-WAIT whose program has gone. They all wait equally long, so the order in
// which they began is the order in which they end, and no timer has to be kept for each.
class TimeWaitTable {
public:
    explicit TimeWaitTable(const Secret* key) : by_tuple_(0, Hash{key}) {}

    struct Entry {
        FourTuple tuple;
        TimeWait block;
    };

    void add(const FourTuple& tuple, const TimeWait& block);
    [[nodiscard]] Entry* find(const FourTuple& tuple);
    // The wait has begun anew: the entry goes to the end of the order.
    void restarted(const FourTuple& tuple);
    void remove(const FourTuple& tuple);
    void expire(Time now);
    [[nodiscard]] std::optional<Time> next_deadline() const;
    [[nodiscard]] std::size_t size() const { return by_tuple_.size(); }

private:
    struct Hash {
        const Secret* key;
        std::size_t operator()(const FourTuple& tuple) const { return port_offset(*key, tuple); }
    };
    using Order = std::list<Entry>;

    Order order_;
    std::unordered_map<FourTuple, Order::iterator, Hash> by_tuple_;
};

}  // namespace tcpdx::endpoint
