#pragma once

#include <array>
#include <chrono>
#include <cstdint>

#include "model/trace/life_tracker.h"

namespace tcpdx::trace {

inline constexpr std::size_t kStates = kAllTcpStates.size();

// Upper bounds of how long a state lasted, in seconds; the last class has none.
inline constexpr std::array kDwellBounds{0.001, 0.01, 0.1, 1.0, 10.0, 60.0, 300.0, 3600.0};

// Running totals of a watch that goes on for ever: what rates, charts and counters are made from.
struct Tally {
    std::array<std::array<std::uint64_t, kStates>, kStates> transitions{};  // [from][to]
    std::uint64_t opened_actively = 0;
    std::uint64_t opened_passively = 0;
    std::uint64_t closed = 0;  // however they ended
    std::uint64_t resets_sent = 0;
    std::uint64_t resets_received = 0;
    std::uint64_t retransmissions = 0;
    std::uint64_t drops = 0;
    // Of states that were left, where the time in them is known.
    std::array<std::array<std::uint64_t, kDwellBounds.size() + 1>, kStates> dwells{};
    std::array<std::chrono::duration<double>, kStates> dwell_sum{};
    // How many are in each state now.
    std::array<std::uint64_t, kStates> open{};
};

// Keeps a Tally, and passes everything on.
class TallyListener final : public LifeListener {
public:
    explicit TallyListener(LifeListener& next) : next_(next) {}

    void stepped(const Life& life, std::size_t index) override;
    void happened(const Event& event, const Life* life) override;
    void ended(const Life& life) override;

    // After join(), and whenever events may have been lost: counts what is open anew.
    void count_open(const LifeTracker& tracker);

    [[nodiscard]] const Tally& tally() const { return tally_; }

private:
    LifeListener& next_;
    Tally tally_;
};

}  // namespace tcpdx::trace
