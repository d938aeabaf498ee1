#pragma once

#include <cstddef>
#include <vector>

#include "model/ip_address.h"

namespace tcpdx {

// How many connections from one local address to one remote end are in TIME-WAIT. Each holds a
// source port.
struct TimeWaitsTowards {
    IpAddress local;
    SocketAddress remote;
    std::size_t count = 0;

    friend bool operator==(const TimeWaitsTowards&, const TimeWaitsTowards&) = default;
};

// Counts them by destination, in little memory: a busy client has tens of thousands, to few
// destinations or, a crawler, to as many.
class TimeWaitCount {
public:
    void add(const IpAddress& local, const SocketAddress& remote, std::size_t count = 1);
    // Each destination once, in the order of addresses. Leaves nothing behind.
    [[nodiscard]] std::vector<TimeWaitsTowards> take();

private:
    void merge();

    std::vector<TimeWaitsTowards> some_;  // a destination may be there several times
    std::size_t merge_at_ = kAtLeast;
    static constexpr std::size_t kAtLeast = 1024;
};

}  // namespace tcpdx
