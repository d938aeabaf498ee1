#pragma once

#include "model/connection.h"

namespace tcpdx {

// The kernel options that the estimates depend on. The defaults are the kernel's.
struct KernelTimes {
    std::chrono::milliseconds fin_timeout{std::chrono::seconds(60)};  // net.ipv4.tcp_fin_timeout
    int syn_linear_timeouts = 4;  // net.ipv4.tcp_syn_linear_timeouts; 0 before Linux 6.5
};

// How long a socket has been in its present state, from one snapshot of it. Every estimator and its
// error was measured against the truth (docs/ages.md); where several histories would look the same,
// the result is only a bound, and where nothing can be said it is unknown.
[[nodiscard]] Age estimate_age(const Connection& connection, const KernelTimes& times);

// How long neither side has sent data on an established connection.
[[nodiscard]] std::optional<Age::Duration> idle_time(const Connection& connection);

}  // namespace tcpdx
