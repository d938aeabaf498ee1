#include "model/trace/packed_lives.h"

#include <cstring>

namespace tcpdx::trace {
namespace {

// Cookies are consecutive numbers; the upper half of the product is spread evenly.
std::uint32_t hash_of(std::uint64_t cookie) {
    return static_cast<std::uint32_t>((cookie * 0x9e3779b97f4a7c15U) >> 32U);
}

}  // namespace

std::byte* PackedLives::at(std::uint32_t place) const {
    return blocks_[place / kBlockBytes].room.get() + place % kBlockBytes;
}

// Without the padding that a struct of the two would have.
PackedLives::Header PackedLives::read_header(const std::byte* from) {
    Header header;
    std::memcpy(&header.cookie, from, sizeof(header.cookie));
    std::memcpy(&header.bytes, from + sizeof(header.cookie), sizeof(header.bytes));
    return header;
}

void PackedLives::write_header(std::byte* to, const Header& header) {
    std::memcpy(to, &header.cookie, sizeof(header.cookie));
    std::memcpy(to + sizeof(header.cookie), &header.bytes, sizeof(header.bytes));
}

// Where it is, or the empty slot where it would be.
std::size_t PackedLives::slot_of(std::uint64_t cookie) const {
    const std::uint32_t hash = hash_of(cookie);
    std::size_t slot = hash & (slots_.size() - 1);
    while (slots_[slot].place != 0 &&
           (slots_[slot].hash != hash || header_at(slots_[slot].place - 1).cookie != cookie)) {
        slot = (slot + 1) & (slots_.size() - 1);
    }
    return slot;
}

const std::byte* PackedLives::find(std::uint64_t cookie) const {
    const Slot& slot = slots_[slot_of(cookie)];
    return slot.place == 0 ? nullptr : at(slot.place - 1) + Header::kBytes;
}

void PackedLives::put(std::uint64_t cookie, std::span<const std::byte> packed) {
    erase(cookie);
    if ((size_ + 1) * 3 > slots_.size() * 2) {
        resize(slots_.size() * 2);
    }
    insert(hash_of(cookie), write(cookie, packed));
    ++size_;
}

std::uint32_t PackedLives::write(std::uint64_t cookie, std::span<const std::byte> packed) {
    const Header header{.cookie = cookie, .bytes = static_cast<std::uint16_t>(packed.size())};
    if (blocks_.empty() || blocks_[current_].used + header.whole() > kBlockBytes) {
        begin_block();
    }
    Block& block = blocks_[current_];
    const std::uint32_t place = current_ * kBlockBytes + block.used;
    write_header(at(place), header);
    std::memcpy(at(place) + Header::kBytes, packed.data(), packed.size());
    block.used += header.whole();
    block.live += header.whole();
    return place;
}

void PackedLives::begin_block() {
    // The one that is full may have nothing left in it.
    if (!blocks_.empty() && blocks_[current_].live == 0) {
        blocks_[current_].used = 0;
        return;
    }
    if (free_blocks_.empty()) {
        free_blocks_.push_back(static_cast<std::uint32_t>(blocks_.size()));
        blocks_.emplace_back();
    }
    current_ = free_blocks_.back();
    free_blocks_.pop_back();
    if (blocks_[current_].room == nullptr) {
        // Not zeroed: what is not written is not read.
        blocks_[current_].room = std::unique_ptr<std::byte[]>(new std::byte[kBlockBytes]);
    }
}

void PackedLives::insert(std::uint32_t hash, std::uint32_t place) {
    std::size_t slot = hash & (slots_.size() - 1);
    while (slots_[slot].place != 0) {
        slot = (slot + 1) & (slots_.size() - 1);
    }
    slots_[slot] = {.hash = hash, .place = place + 1};
}

// Those behind it move up, so that none is cut off from the place that its hash names.
void PackedLives::erase(std::uint64_t cookie) {
    const std::size_t mask = slots_.size() - 1;
    std::size_t hole = slot_of(cookie);
    if (slots_[hole].place == 0) {
        return;
    }
    release(slots_[hole].place - 1);
    --size_;
    for (std::size_t next = (hole + 1) & mask; slots_[next].place != 0; next = (next + 1) & mask) {
        const std::size_t from_home = (next - slots_[next].hash) & mask;
        if (from_home >= ((next - hole) & mask)) {
            slots_[hole] = slots_[next];
            hole = next;
        }
    }
    slots_[hole] = {};
}

void PackedLives::release(std::uint32_t place) {
    Header header = header_at(place);
    const std::uint32_t number = place / kBlockBytes;
    Block& block = blocks_[number];
    block.live -= header.whole();
    header.cookie = 0;
    write_header(at(place), header);
    if (block.live == 0 && number != current_) {
        block.used = 0;
        free_blocks_.push_back(number);
    }
}

void PackedLives::resize(std::size_t slots) {
    std::vector<Slot> before(slots);
    before.swap(slots_);
    for (const Slot& slot : before) {
        if (slot.place != 0) {
            insert(slot.hash, slot.place - 1);
        }
    }
}

void PackedLives::for_each(
    const std::function<void(std::uint64_t cookie, const std::byte* packed)>& use) const {
    for (const Block& block : blocks_) {
        for (std::uint32_t offset = 0; offset < block.used;) {
            const std::byte* here = block.room.get() + offset;
            const Header header = read_header(here);
            if (header.cookie != 0) {
                use(header.cookie, here + Header::kBytes);
            }
            offset += header.whole();
        }
    }
}

void PackedLives::compact() {
    std::array<std::byte, kMostBytes> moved{};
    for (std::size_t number = 0; number < blocks_.size(); ++number) {
        const Block& block = blocks_[number];
        if (number == current_ || block.live == 0 || block.live > block.used / 2) {
            continue;
        }
        // The last one that goes frees the block, which may be written into at once.
        for (std::uint32_t offset = 0; offset < blocks_[number].used && number != current_;) {
            const auto place = static_cast<std::uint32_t>(number) * kBlockBytes + offset;
            const Header header = header_at(place);
            offset += header.whole();
            if (header.cookie == 0) {
                continue;
            }
            const std::span packed = std::span(moved).first(header.bytes);
            std::memcpy(moved.data(), at(place) + Header::kBytes, packed.size());
            put(header.cookie, packed);
        }
    }
    // Some come in the next seconds as others went in the last ones.
    constexpr std::size_t kMostSpare = 2;
    for (std::size_t i = 0; i + kMostSpare < free_blocks_.size(); ++i) {
        blocks_[free_blocks_[i]].room.reset();
    }
    constexpr std::size_t kFewest = 1024;
    if (slots_.size() > kFewest && size_ * 8 < slots_.size()) {
        resize(slots_.size() / 2);
    }
}

}  // namespace tcpdx::trace
