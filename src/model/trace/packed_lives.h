#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

namespace tcpdx::trace {

// Some sixty bytes each of very many lives, by their cookie. Most come to rest in TIME-WAIT and
// go a minute later in the same order, so they are written one after the other into blocks, and a
// block goes when all in it are gone: no allocation for any of them, and all can be read at the
// speed of memory. What stays when most around it are gone moves on: see compact().
class PackedLives {
public:
    // Of one life.
    static constexpr std::size_t kMostBytes = 1024;

    // Takes the place of what was there with this cookie, which is not 0.
    void put(std::uint64_t cookie, std::span<const std::byte> packed);
    // Null when there is none. Valid until the next change.
    [[nodiscard]] const std::byte* find(std::uint64_t cookie) const;
    void erase(std::uint64_t cookie);

    [[nodiscard]] std::size_t size() const { return size_; }
    void for_each(
        const std::function<void(std::uint64_t cookie, const std::byte* packed)>& use) const;

    // Gives back the room of those that are gone. To be called from time to time.
    void compact();

private:
    static constexpr std::uint32_t kBlockBytes = 1U << 16U;

    struct Header {
        std::uint64_t cookie = 0;  // 0: gone
        std::uint16_t bytes = 0;   // of the life
        static constexpr std::uint32_t kBytes = 10;
        [[nodiscard]] std::uint32_t whole() const { return kBytes + bytes; }
    };
    struct Block {
        std::unique_ptr<std::byte[]> room;  // null, or spare: one of free_blocks_
        std::uint32_t used = 0;
        std::uint32_t live = 0;
    };
    // Open addressing: an entry is found at the place that its hash names, or at one of the next
    // before the first empty one.
    struct Slot {
        std::uint32_t hash = 0;
        std::uint32_t place = 0;  // 1 + that of its header, in bytes; 0: empty
    };

    [[nodiscard]] static Header read_header(const std::byte* from);
    static void write_header(std::byte* to, const Header& header);
    [[nodiscard]] Header header_at(std::uint32_t place) const { return read_header(at(place)); }
    [[nodiscard]] std::byte* at(std::uint32_t place) const;
    [[nodiscard]] std::size_t slot_of(std::uint64_t cookie) const;
    [[nodiscard]] std::uint32_t write(std::uint64_t cookie, std::span<const std::byte> packed);
    void begin_block();
    void insert(std::uint32_t hash, std::uint32_t place);
    void release(std::uint32_t place);
    void resize(std::size_t slots);

    std::vector<Slot> slots_ = std::vector<Slot>(16);
    std::vector<Block> blocks_;
    std::vector<std::uint32_t> free_blocks_;
    std::uint32_t current_ = 0;
    std::size_t size_ = 0;
};

}  // namespace tcpdx::trace
