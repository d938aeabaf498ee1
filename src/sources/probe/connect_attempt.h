#pragma once

#include <chrono>
#include <functional>
#include <optional>

#include "base/unique_fd.h"
#include "model/probe_report.h"
#include "sources/probe/kernel_address.h"

namespace tcpdx::probe {

// True when the user wants no more of it. Asked several times a second.
using Stop = std::function<bool()>;

struct ConnectRequest {
    Target target;
    std::chrono::milliseconds patience{3500};
    std::optional<int> hop_limit;
    std::optional<int> largest_segment;  // TCP_MAXSEG
    std::uint16_t source_port = 0;       // 0: the kernel chooses
};

struct Connecting {
    ConnectAttempt attempt;
    UniqueFd socket;  // connected, when the attempt was
};

// connect(), as any program does it, and needs no more privilege; but it also asks for the ICMP
// errors and notes when what happened.
[[nodiscard]] Connecting try_to_connect(const ConnectRequest& request, const Stop& stop);

// Watches an established connection for a while without sending anything.
[[nodiscard]] ConnectAttempt::Afterwards watch_connection(int socket,
                                                          std::chrono::milliseconds duration,
                                                          const Stop& stop);

// Waits until `until`, or less when stopped. False when stopped.
bool wait_until(std::chrono::steady_clock::time_point until, const Stop& stop);

}  // namespace tcpdx::probe
