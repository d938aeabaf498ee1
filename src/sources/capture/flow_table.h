#pragma once

// Finds connections by their two ends. Open addressing over one array of eight bytes per place, the
// connections themselves in blocks that never move.

#include <cstdint>
#include <memory>
#include <vector>

#include "sources/capture/live_connection.h"

namespace tcpdx::capture {

class FlowTable {
public:
    // Never holds more than `limit` connections; see Tracker for what happens then.
    explicit FlowTable(std::size_t limit);

    [[nodiscard]] std::size_t size() const { return used_; }
    [[nodiscard]] bool is_full() const { return used_ >= limit_; }
    [[nodiscard]] LiveConnection& at(std::uint32_t index) {
        return blocks_[index / kBlock][index % kBlock];
    }
    // The newest connection with this key, or kNone.
    [[nodiscard]] std::uint32_t find(const FlowKey& key) const;
    // Makes room for a connection and gives it the key: the newest one from now on. There must be
    // room.
    [[nodiscard]] std::uint32_t add(const FlowKey& key);
    // Takes a connection out; the key leads to no other one then.
    void remove(std::uint32_t index);
    // Every index below this is valid for at(); used or not.
    [[nodiscard]] std::uint32_t end() const { return end_; }
    [[nodiscard]] std::size_t bytes() const;

private:
    static constexpr std::size_t kBlock = 1024;
    struct Place {
        std::uint32_t hash = 0;
        std::uint32_t index = kNone;
    };

    [[nodiscard]] const LiveConnection& look_at(std::uint32_t index) const {
        return blocks_[index / kBlock][index % kBlock];
    }
    [[nodiscard]] std::size_t place_of(const FlowKey& key, std::uint32_t hash) const;
    void grow();

    std::vector<std::unique_ptr<LiveConnection[]>> blocks_;
    std::vector<Place> places_;
    std::vector<std::uint32_t> free_;
    std::size_t limit_;
    std::size_t used_ = 0;
    std::size_t keys_ = 0;
    std::uint32_t end_ = 0;
    std::uint64_t seed_;
};

}  // namespace tcpdx::capture
