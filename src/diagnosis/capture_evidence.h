#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "diagnosis/finding.h"
#include "diagnosis/rule.h"
#include "model/captured.h"

namespace tcpdx::diagnosis {

// Pieces that the rules for captures need in the same words.

// Connections of one kind to one address, the earliest first.
struct CapturedGroup {
    SocketAddress address;
    std::vector<const CapturedConnection*> members;
};

// Groups by the address of end `end`; the largest group first.
[[nodiscard]] std::vector<CapturedGroup> grouped(
    const std::vector<const CapturedConnection*>& connections, std::size_t end);

// A fact about one connection, with the command that shows it.
[[nodiscard]] Observation captured_fact(const Situation& situation,
                                        const CapturedConnection& connection, Message fact);

// Makes the finding one about this connection too. Those of a capture have the same indexes in
// Observations::connections.
void add_connection(Finding& finding, const Situation& situation,
                    const CapturedConnection& connection);

// Of all their connections; one line per group, at most five: "198.51.100.2:80: connections 9
// (first: 3)".
void add_groups(Finding& finding, const Situation& situation,
                const std::vector<CapturedGroup>& groups);

// Whether the capture went on for so long after the connection's last packet that silence counts.
[[nodiscard]] bool goes_on(const Captured& captured, const CapturedConnection& connection,
                           std::chrono::milliseconds silence);

[[nodiscard]] std::chrono::milliseconds to_ms(std::chrono::nanoseconds duration);

}  // namespace tcpdx::diagnosis
