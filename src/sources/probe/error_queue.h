#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "model/probe_report.h"

namespace tcpdx::probe {

// Asks the kernel to keep the ICMP errors that come for this socket (IP_RECVERR, IPV6_RECVERR).
void keep_icmp_errors(int socket, IpFamily family);

// The ICMP error in the control data of a message of the error queue; empty when it holds none
// that came in as ICMP (the kernel also queues its own errors and timestamps).
[[nodiscard]] std::optional<IcmpError> icmp_in_control(std::span<const std::byte> control);

// Takes the waiting ones off the socket's error queue.
[[nodiscard]] std::vector<IcmpError> take_icmp_errors(int socket);

}  // namespace tcpdx::probe
