#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <map>
#include <string>

#include "model/trace/life_tracker.h"

namespace tcpdx::trace {

inline constexpr std::size_t kEndings = 11;

// What happened during a trace, in numbers.
struct Totals {
    std::uint64_t steps = 0;
    std::uint64_t opened_actively = 0;   // connect() that sent a SYN
    std::uint64_t opened_passively = 0;  // SYNs that were taken up
    std::uint64_t established = 0;
    std::array<std::uint64_t, kEndings> ended{};  // by Ending
    std::uint64_t incomplete = 0;                 // of those that ended
    // By the kernel's names; "" where it gives none.
    std::map<std::string, std::uint64_t, std::less<>> resets_sent;
    std::map<std::string, std::uint64_t, std::less<>> drops;
    std::uint64_t resets_received = 0;
    std::uint64_t retransmissions = 0;

    [[nodiscard]] std::uint64_t endings(Ending ending) const {
        return ended.at(static_cast<std::size_t>(ending));
    }
    [[nodiscard]] std::uint64_t all_ended() const;

    void count_step(const Life& life, std::size_t index);
    void count_detail(const Event& event, const ReasonNames& names);
    void count_end(const Life& life);
};

// Counts what passes, and passes it on.
class Counting final : public LifeListener {
public:
    Counting(LifeListener& next, const ReasonNames& names) : next_(next), names_(names) {}

    void stepped(const Life& life, std::size_t index) override;
    void happened(const Event& event, const Life* life) override;
    void ended(const Life& life) override;

    [[nodiscard]] const Totals& totals() const { return totals_; }

private:
    LifeListener& next_;
    const ReasonNames& names_;
    Totals totals_;
};

}  // namespace tcpdx::trace
