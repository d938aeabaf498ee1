#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace tcpdx::endpoint {

// Sequence numbers [left, right).
struct SequenceRange {
    std::uint32_t left = 0;
    std::uint32_t right = 0;

    [[nodiscard]] std::uint32_t size() const { return right - left; }
    friend bool operator==(const SequenceRange&, const SequenceRange&) = default;
};

// A set of sequence numbers within half a circle, as sorted ranges that do not touch. It has room
// for a fixed number of ranges: a peer cannot make it grow by sending many small pieces.
class SequenceRanges {
public:
    static constexpr std::size_t kCapacity = 64;

    // False when the new range neither joins another nor finds room; nothing has changed then.
    bool add(SequenceRange range);
    // Forgets what lies before `sequence`.
    void remove_before(std::uint32_t sequence);
    void clear() { size_ = 0; }
    void remove_last() { size_ -= size_ > 0 ? 1 : 0; }

    [[nodiscard]] std::span<const SequenceRange> all() const {
        return std::span(ranges_).first(size_);
    }
    [[nodiscard]] bool empty() const { return size_ == 0; }
    [[nodiscard]] bool contains(SequenceRange range) const;
    // How many numbers of [left, right) are not in the set.
    [[nodiscard]] std::uint32_t missing_in(SequenceRange range) const;
    // The first stretch of [left, right) that is not in the set; empty when all of it is.
    [[nodiscard]] SequenceRange first_missing_in(SequenceRange range) const;
    [[nodiscard]] bool is_consistent() const;

private:
    std::array<SequenceRange, kCapacity> ranges_{};
    std::size_t size_ = 0;
};

}  // namespace tcpdx::endpoint
