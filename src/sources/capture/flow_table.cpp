#include "sources/capture/flow_table.h"

#include <array>
#include <cstring>
#include <random>

namespace tcpdx::capture {

FlowTable::FlowTable(std::size_t limit)
    : places_(1024), limit_(limit), seed_(std::random_device{}()) {}

std::size_t FlowTable::place_of(const FlowKey& key, std::uint32_t hash) const {
    const std::size_t mask = places_.size() - 1;
    std::size_t at = hash & mask;
    while (places_[at].index != kNone && (places_[at].hash != hash || !is_of(places_[at], key))) {
        at = (at + 1) & mask;
    }
    return at;
}

// Seeded, since whoever sends the packets chooses the keys.
std::uint32_t FlowTable::hash_of(const FlowKey& key) const {
    static_assert(sizeof(FlowKey) == 40);
    std::array<std::uint64_t, 5> words{};
    std::memcpy(words.data(), &key, sizeof(words));
    std::uint64_t value = seed_;
    for (const std::uint64_t word : words) {
        value = (value ^ word) * 0x9fb21c651e98df25U;
        value ^= value >> 35U;
    }
    return static_cast<std::uint32_t>(value ^ value >> 32U);
}

std::uint32_t FlowTable::free_index() {
    if (!free_.empty()) {
        const std::uint32_t index = free_.back();
        free_.pop_back();
        return index;
    }
    if (end_ % kBlock == 0) {
        blocks_.push_back(std::make_unique<LiveConnection[]>(kBlock));
    }
    return end_++;
}

std::uint32_t FlowTable::add(const FlowKey& key, std::uint32_t hash) {
    if ((keys_ + 1) * 3 > places_.size() * 2) {
        grow();
    }
    const std::uint32_t index = free_index();
    const std::size_t place = place_of(key, hash);
    keys_ += places_[place].index == kNone ? 1U : 0U;
    places_[place] = {hash, index};
    LiveConnection& added = at(index);
    added = LiveConnection{};
    added.key = key;
    added.used = true;
    ++used_;
    return index;
}

void FlowTable::erase_place(std::size_t hole) {
    const std::size_t mask = places_.size() - 1;
    --keys_;
    // Moves up what the hole would hide from a search.
    for (std::size_t next = (hole + 1) & mask; places_[next].index != kNone;
         next = (next + 1) & mask) {
        const std::size_t home = places_[next].hash & mask;
        if (((next - home) & mask) >= ((next - hole) & mask)) {
            places_[hole] = places_[next];
            hole = next;
        }
    }
    places_[hole] = {};
}

void FlowTable::remove(std::uint32_t index) {
    LiveConnection& removed = at(index);
    const std::size_t place = place_of(removed.key, hash_of(removed.key));
    if (places_[place].index == index) {
        erase_place(place);
    }
    removed.used = false;
    free_.push_back(index);
    --used_;
}

void FlowTable::lay_to_rest(std::uint32_t index, SegmentLog& log) {
    LiveConnection& connection = at(index);
    const std::size_t place = place_of(connection.key, hash_of(connection.key));
    const std::uint32_t id = resting_->add(connection, log);
    if (places_[place].index == index) {
        places_[place].index = id | kAtRest;
    }
    log.free(connection.log);
    connection.used = false;
    free_.push_back(index);
    --used_;
}

std::uint32_t FlowTable::wake(std::uint32_t resting, SegmentLog& log) {
    const std::uint32_t index = free_index();
    LiveConnection& woken = at(index);
    resting_->read(resting & ~kAtRest, woken, entries_);
    for (const LogEntry& entry : entries_) {
        log.append(woken.log, woken.first_ns, entry);
    }
    const std::size_t place = place_of(woken.key, hash_of(woken.key));
    places_[place].index = index;
    resting_->remove(resting & ~kAtRest);
    ++used_;
    return index;
}

void FlowTable::forget_resting(std::uint32_t id, const FlowKey& key) {
    const std::size_t place = place_of(key, hash_of(key));
    if (places_[place].index == (id | kAtRest)) {
        erase_place(place);
    }
    resting_->remove(id);
}

void FlowTable::lay_all_to_rest(SegmentLog& log) {
    // Nothing is looked for any more.
    places_ = std::vector<Place>(1);
    for (std::uint32_t index = 0; index < end_; ++index) {
        if (at(index).used) {
            static_cast<void>(resting_->add(at(index), log));
        }
        if (index % kBlock == kBlock - 1) {
            blocks_[index / kBlock].reset();
        }
    }
    blocks_.clear();
    free_ = {};
    end_ = 0;
    used_ = keys_ = 0;
}

void FlowTable::grow() {
    std::vector<Place> old(places_.size() * 2);
    old.swap(places_);
    const std::size_t mask = places_.size() - 1;
    for (const Place& place : old) {
        if (place.index != kNone) {
            std::size_t at = place.hash & mask;
            while (places_[at].index != kNone) {
                at = (at + 1) & mask;
            }
            places_[at] = place;
        }
    }
}

std::size_t FlowTable::bytes() const {
    return blocks_.size() * kBlock * sizeof(LiveConnection) + places_.size() * sizeof(Place) +
           resting_->bytes();
}

}  // namespace tcpdx::capture
