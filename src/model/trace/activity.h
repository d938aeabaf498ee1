#pragma once

#include <chrono>
#include <cstdint>
#include <map>

#include "model/trace/totals.h"

namespace tcpdx::trace {

// Source ports are used up per local address and destination.
struct Destination {
    IpAddress local;
    SocketAddress remote;
    friend auto operator<=>(const Destination&, const Destination&) = default;
};

// What happened in one network namespace while it was watched.
struct Activity {
    std::chrono::milliseconds lasted{0};
    Totals totals;
    std::map<Destination, std::uint64_t> connects;  // by destination
    // Of the whole host: what was lost belongs to no namespace in particular.
    std::uint64_t lost_changes = 0;
    std::uint64_t lost_details = 0;

    [[nodiscard]] double per_second(std::uint64_t count) const {
        return lasted.count() > 0
                   ? static_cast<double>(count) * 1000 / static_cast<double>(lasted.count())
                   : 0;
    }
};

// Counts per network namespace, by inode.
class ActivityListener final : public LifeListener {
public:
    explicit ActivityListener(const ReasonNames& names) : names_(names) {}

    void stepped(const Life& life, std::size_t index) override;
    void happened(const Event& event, const Life* life) override;
    void ended(const Life& life) override;

    [[nodiscard]] std::map<std::uint32_t, Activity>& by_namespace() { return by_namespace_; }

private:
    const ReasonNames& names_;
    std::map<std::uint32_t, Activity> by_namespace_;
};

}  // namespace tcpdx::trace
