#pragma once

// What a history keeps, as plain data. Times are of the Unix epoch: a history outlives boots.

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "model/tcp_state.h"
#include "model/trace/life.h"

namespace tcpdx::history {

using Micros = std::chrono::microseconds;  // since 1970
using Seconds = std::chrono::seconds;      // since 1970, or a length

// What happened, as counts. Empty: cannot be known, because there were no events.
struct Happened {
    std::uint64_t opened_actively = 0;
    std::uint64_t opened_passively = 0;
    std::uint64_t closed = 0;
    std::optional<std::uint64_t> resets_sent;
    std::optional<std::uint64_t> resets_received;
    std::optional<std::uint64_t> retransmissions;
    std::optional<std::uint64_t> drops;
    friend bool operator==(const Happened&, const Happened&) = default;
};

// One second, or several together.
struct Sample {
    Seconds begin{0};
    std::int64_t seconds = 1;                               // of these, how many were recorded
    std::array<std::uint64_t, kAllTcpStates.size()> sum{};  // over the seconds
    std::array<std::uint64_t, kAllTcpStates.size()> most{};
    Happened happened;
    friend bool operator==(const Sample&, const Sample&) = default;
};

// The lengths that samples are kept in, each made from the one before.
inline constexpr std::array kSteps{Seconds(1), Seconds(10), Seconds(60), Seconds(600),
                                   Seconds(3600)};

// Connections that ended and lasted no longer are kept many together, and are looked for by their
// end, which is soon after any moment of their life; those that lasted longer are looked for apart.
inline constexpr Micros kBriefLife = std::chrono::minutes(10);

// A connection, ended or not, with the times of its steps since 1970.
struct KeptLife {
    trace::Life life;
    std::string reset_reason;  // the kernel's name; numbers differ from kernel to kernel
    std::optional<Micros> ended;
};

// 0: before it was watched.
[[nodiscard]] Micros opened_at(const trace::Life& life);

struct KeptFinding {
    std::int64_t id = 0;
    std::string key;  // what makes it the same finding as before
    std::string rule;
    int severity = 0;  // as diagnosis::Severity
    Micros first_seen{0};
    Micros last_seen{0};
    bool active = false;
    std::string document;  // as JSON, made by presentation/
};

enum class GapReason : std::uint8_t {
    NotRunning,
    Crashed,  // ended without a word: what was not written in the last second is lost
    DiskFull,
    WriteFailed,
    EventsLost,
    Sampled,  // there were no events
};

struct Gap {
    Micros begin{0};
    Micros end{0};
    GapReason reason = GapReason::NotRunning;
    std::uint64_t lost = 0;
    friend bool operator==(const Gap&, const Gap&) = default;
};

// For the file and for programs. Never translated, never changed.
[[nodiscard]] std::string_view name_of(GapReason reason);

}  // namespace tcpdx::history
