#pragma once

// "It connects sometimes": what many attempts show together, and one does not.

#include <chrono>
#include <cstdint>
#include <optional>
#include <vector>

#include "diagnosis/reach/facts.h"
#include "model/probe_report.h"

namespace tcpdx::diagnosis::reach {

struct AttemptCounts {
    std::uint32_t at_once = 0;       // connected, with the first SYN
    std::uint32_t after_repeat = 0;  // connected, with a SYN that was sent again
    std::uint32_t refused = 0;
    std::uint32_t silent = 0;
    std::uint32_t not_sent = 0;
    std::uint32_t ports_ran_out = 0;  // not_sent, for want of a local port
    std::uint32_t answered = 0;       // connected, and talking got an answer
    std::uint32_t unanswered = 0;     // connected, and talking got none
};
[[nodiscard]] AttemptCounts count_attempts(const std::vector<ConnectAttempt>& attempts);

// How many connected within one step of the schedule at which Linux sends a SYN again: 1, 2, 3, 4,
// 5, 7, 11 s since 6.5, and 1, 3, 7, 15 s before. All steps up to the last one that has any.
struct LatencyBucket {
    std::chrono::milliseconds from{0};
    std::optional<std::chrono::milliseconds> to;
    std::uint32_t count = 0;
};
[[nodiscard]] std::vector<LatencyBucket> connect_latencies(
    const std::vector<ConnectAttempt>& attempts);

struct LatencySummary {
    std::chrono::microseconds least{0};
    std::chrono::microseconds median{0};
    std::chrono::microseconds most{0};
};
// Of those that connected; empty when none did.
[[nodiscard]] std::optional<LatencySummary> summarize_latencies(
    const std::vector<ConnectAttempt>& attempts);

// The source ports by what became of their attempt. What chooses among several servers, or among
// several listeners of one, mostly goes by them.
struct FailedPorts {
    std::vector<std::uint16_t> refused;
    std::vector<std::uint16_t> silent;
    std::vector<std::uint16_t> unanswered;
};
[[nodiscard]] FailedPorts failed_ports(const std::vector<ConnectAttempt>& attempts);

// Empty when no port was tried again, or when they disagree.
[[nodiscard]] std::optional<SamePort> tried_again(const RepeatedAttempts& repeated);

void add_repeated_facts(const RepeatedAttempts& repeated, Facts& facts);

}  // namespace tcpdx::diagnosis::reach
