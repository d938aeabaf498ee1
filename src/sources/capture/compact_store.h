#pragma once

// Connections at rest: those that are over take less than half of the memory here that they take
// in the table, and come back whole when another packet of them turns up.

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <vector>

#include "sources/capture/live_connection.h"
#include "sources/capture/segment_log.h"

namespace tcpdx::capture {

class CompactStore {
public:
    // Keeps a copy of the connection and its log, and gives it a number (below 2^31).
    [[nodiscard]] std::uint32_t add(const LiveConnection& connection, const SegmentLog& log);
    [[nodiscard]] bool has_key(std::uint32_t id, const FlowKey& key) const;
    // `connection` gets no log, and no connection before it.
    void read(std::uint32_t id, LiveConnection& connection, std::vector<LogEntry>& log) const;
    void remove(std::uint32_t id);
    // The one that has been here for longest. There must be one.
    [[nodiscard]] std::uint32_t oldest();

    [[nodiscard]] std::size_t size() const { return size_; }
    [[nodiscard]] std::size_t bytes() const;

    // Calls with the id and the connection's number.
    template <class Visitor>
    void for_each(Visitor&& visit) const {
        for (std::uint32_t id = 0; id < places_.size(); ++id) {
            if (places_[id].number != 0) {
                visit(id, places_[id].number);
            }
        }
    }

private:
    static constexpr std::size_t kBlockBytes = std::size_t{64} << 10U;
    struct Block {
        std::unique_ptr<std::byte[]> bytes;
        std::uint32_t used = 0;
        std::uint32_t records = 0;
    };
    struct Place {
        std::uint32_t block = 0;
        std::uint32_t offset = 0;
        std::uint32_t number = 0;   // of the connection; 0: free
        std::uint32_t arrival = 0;  // counts all that ever came
    };
    struct Arrival {
        std::uint32_t id;
        std::uint32_t arrival;
    };

    [[nodiscard]] bool is_here(const Arrival& arrival) const {
        const Place& place = places_[arrival.id];
        return place.number != 0 && place.arrival == arrival.arrival;
    }
    [[nodiscard]] std::byte* room_for(std::size_t size, Place& place);
    [[nodiscard]] const std::byte* at(const Place& place) const {
        return blocks_[place.block].bytes.get() + place.offset;
    }

    std::vector<Block> blocks_;
    std::vector<std::uint32_t> free_blocks_;
    std::uint32_t filling_ = UINT32_MAX;
    std::vector<Place> places_;
    std::vector<std::uint32_t> free_places_;
    std::deque<Arrival> arrivals_;  // some have left meanwhile
    std::vector<LogEntry> entries_;
    std::vector<std::byte> written_;
    std::size_t size_ = 0;
    std::uint32_t arrival_ = 0;
};

}  // namespace tcpdx::capture
