#pragma once

// Finds connections by their two ends. Open addressing over one array of eight bytes per place, the
// connections themselves in blocks that never move.

#include <cstdint>
#include <memory>
#include <vector>

#include "sources/capture/compact_store.h"
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
    // The newest connection with this key, or kNone; with kAtRest it is one of `resting()`.
    [[nodiscard]] std::uint32_t find(const FlowKey& key) const { return find(key, hash_of(key)); }
    [[nodiscard]] std::uint32_t find(const FlowKey& key, std::uint32_t hash) const {
        return places_[place_of(key, hash)].index;
    }
    [[nodiscard]] std::uint32_t hash_of(const FlowKey& key) const;
    // A key that is looked for soon is fetched from memory meanwhile: first its place, and some
    // time later the connection that it names.
    void fetch_place(std::uint32_t hash) const {
        __builtin_prefetch(&places_[hash & (places_.size() - 1)]);
    }
    void fetch_connection(std::uint32_t hash) const {
        const std::uint32_t index = places_[hash & (places_.size() - 1)].index;
        if ((index & kAtRest) == 0) {
            const auto* start = reinterpret_cast<const std::byte*>(&look_at(index));
            for (std::size_t at = 0; at < sizeof(LiveConnection); at += 64) {
                __builtin_prefetch(start + at, 1);
            }
        }
    }
    // Makes room for a connection and gives it the key: the newest one from now on. There must be
    // room.
    [[nodiscard]] std::uint32_t add(const FlowKey& key) { return add(key, hash_of(key)); }
    [[nodiscard]] std::uint32_t add(const FlowKey& key, std::uint32_t hash);
    // Takes a connection out; the key leads to no other one then.
    void remove(std::uint32_t index);
    // Moves it, with its log, to those at rest, where its key still leads to it.
    void lay_to_rest(std::uint32_t index, SegmentLog& log);
    // And back; there must be room.
    [[nodiscard]] std::uint32_t wake(std::uint32_t resting, SegmentLog& log);
    void forget_resting(std::uint32_t id, const FlowKey& key);
    // Moves everything that is left, and frees the memory it had.
    void lay_all_to_rest(SegmentLog& log);
    [[nodiscard]] CompactStore& resting() { return *resting_; }
    [[nodiscard]] std::shared_ptr<CompactStore> share_resting() const { return resting_; }
    // Every index below this is valid for at(); used or not.
    [[nodiscard]] std::uint32_t end() const { return end_; }
    [[nodiscard]] std::size_t bytes() const;

private:
    static constexpr std::size_t kBlock = 128;
    struct Place {
        std::uint32_t hash = 0;
        std::uint32_t index = kNone;
    };

    [[nodiscard]] const LiveConnection& look_at(std::uint32_t index) const {
        return blocks_[index / kBlock][index % kBlock];
    }
    [[nodiscard]] bool is_of(const Place& place, const FlowKey& key) const {
        return (place.index & kAtRest) != 0 ? resting_->has_key(place.index & ~kAtRest, key)
                                            : look_at(place.index).key == key;
    }
    [[nodiscard]] std::size_t place_of(const FlowKey& key, std::uint32_t hash) const;
    [[nodiscard]] std::uint32_t free_index();
    void erase_place(std::size_t hole);
    void grow();

    std::vector<std::unique_ptr<LiveConnection[]>> blocks_;
    std::vector<Place> places_;
    std::vector<std::uint32_t> free_;
    std::size_t limit_;
    std::size_t used_ = 0;
    std::size_t keys_ = 0;
    std::uint32_t end_ = 0;
    std::uint64_t seed_;
    std::shared_ptr<CompactStore> resting_ = std::make_shared<CompactStore>();
    std::vector<LogEntry> entries_;
};

}  // namespace tcpdx::capture
