#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <unordered_map>
#include <vector>

#include "diagnosis/owner_key.h"
#include "model/observations.h"

namespace tcpdx::diagnosis {

// A hash table from any key to indexes of a vector, in two flat arrays: a host can have a million
// sockets, and a node per socket would cost more than all rules together.
class FlatIndex {
public:
    explicit FlatIndex(std::size_t expected);

    void insert(std::uint64_t hash, std::uint32_t index);

    // The first index under `hash` for which `same` is true.
    template <class Same>
    [[nodiscard]] std::optional<std::uint32_t> find(std::uint64_t hash, const Same& same) const {
        for (std::size_t slot = hash & mask_; slots_[slot] != kEmpty; slot = (slot + 1) & mask_) {
            if (same(slots_[slot])) {
                return slots_[slot];
            }
        }
        return std::nullopt;
    }

private:
    static constexpr std::uint32_t kEmpty = UINT32_MAX;
    std::vector<std::uint32_t> slots_;
    std::size_t mask_;
};

// What rules look up in a listing, so that no rule has to search it. Each table is built at its
// first use and serves all rules of the run; the listings must outlive this and not change.
// Not for several threads at once.
class Lookups {
public:
    Lookups(const Observations& now, const Observations* earlier) : now_(now), earlier_(earlier) {}

    [[nodiscard]] bool are_of(const Observations& now, const Observations* earlier) const {
        return &now == &now_ && earlier == earlier_;
    }

    // Indexes of all connections in this state, in the order of the listing.
    [[nodiscard]] std::span<const std::uint32_t> in_state(TcpState state);

    // How many connections of this owner are in this state.
    [[nodiscard]] std::size_t number_of(const OwnerKey& owner, TcpState state);

    // The same socket in the earlier look; null when it is new or there was no earlier look.
    [[nodiscard]] const Connection* earlier_of(const Connection& connection);

    // The listeners that share the address which `local` belongs to: those on exactly this address,
    // else those on the wildcard. More than one only with SO_REUSEPORT.
    [[nodiscard]] std::vector<std::uint32_t> listeners_for(const SocketAddress& local);
    [[nodiscard]] std::span<const std::uint32_t> listeners_on(std::uint16_t port);

    // The same connection seen from its other end, when that is in the listing as well: a client
    // and a server on one host. TIME-WAIT is left out, since it says nothing about a program.
    [[nodiscard]] const Connection* other_end_of(const Connection& connection);

private:
    void sort_by_state();

    const Observations& now_;
    const Observations* earlier_;
    std::optional<std::array<std::vector<std::uint32_t>, kAllTcpStates.size()>> by_state_;
    std::optional<std::unordered_map<std::uint16_t, std::vector<std::uint32_t>>> listeners_;
    std::optional<FlatIndex> earlier_by_cookie_;
    std::optional<FlatIndex> earlier_by_addresses_;
    std::optional<FlatIndex> ends_;
    std::array<std::optional<std::map<OwnerKey, std::size_t>>, kAllTcpStates.size()> by_owner_;
};

}  // namespace tcpdx::diagnosis
