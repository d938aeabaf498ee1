#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

namespace tcpdx {

// How an age was found. docs/ages.md says what each is worth; the errors were measured.
enum class AgeMethod : std::uint8_t {
    None,
    LastAckReceived,     // tcpi_last_ack_recv: in CLOSE-WAIT the FIN carried the last ACK
    LastDataReceived,    // tcpi_last_data_recv
    LastDataEither,      // the later of last data sent and received: how long idle
    RetransmissionTime,  // tcpi_total_rto_time: how long retransmission has been going on
    RetransmitSchedule,  // summed from the retry schedule and the running timer
    TimerRemaining,      // a fixed life minus what is left of the timer
    KernelTimestamp,     // the kernel's own stamp, read by a BPF iterator
    Watched,             // this program saw the state begin
    FirstSample,         // the state was already there in an earlier sample
};

// Time in the current state: exact, estimated between bounds, or unknown. Never a bare number: a
// reader must be able to tell "3 minutes" from "at least 3 minutes".
struct Age {
    using Duration = std::chrono::milliseconds;

    // Nothing known when empty. lower == upper means exact.
    std::optional<Duration> lower;
    std::optional<Duration> upper;
    AgeMethod method = AgeMethod::None;

    [[nodiscard]] static Age exact(Duration age, AgeMethod method) { return {age, age, method}; }
    [[nodiscard]] static Age between(Duration lower, Duration upper, AgeMethod method) {
        return {lower, upper, method};
    }
    [[nodiscard]] static Age at_least(Duration lower, AgeMethod method) {
        return {lower, std::nullopt, method};
    }

    [[nodiscard]] bool known() const { return lower.has_value(); }
    [[nodiscard]] bool is_exact() const { return lower && lower == upper; }
    // Certain to be at least `limit`. Rules ask this, so an unknown age never makes a finding.
    [[nodiscard]] bool surely_at_least(Duration limit) const { return lower && *lower >= limit; }

    friend bool operator==(const Age&, const Age&) = default;
};

}  // namespace tcpdx
