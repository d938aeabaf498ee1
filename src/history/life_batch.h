#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "history/bytes.h"
#include "history/records.h"

namespace tcpdx::history {

// Finished connections that were brief, many of them in one cell: a busy host has a thousand of
// them a second, and as rows of their own they cost several times as much to write and to keep.
//
//     version (1), then per life:
//     which kind (varint); one that was not named before follows as text:
//         namespace, local address, owner, ending, counts and steps without their times: what
//         hundreds of lives have in common. 30 to 150 bytes
//     cookie (difference to the life before), remote address (4 or 16 bytes), both ports,
//     bytes sent and received (0: not known; else one more), times of the steps (as step_bytes.h;
//     the first as difference to that of the life before). 30 to 60 bytes
class LifeBatch {
public:
    // Lives in one batch at most: reading one of them means reading all.
    static constexpr std::size_t kMostLives = 500;
    // From the first end to the last one at most.
    static constexpr Micros kLongest = std::chrono::minutes(1);

    // One whose whole life was seen and lasted up to kBriefLife.
    [[nodiscard]] static bool is_for(const KeptLife& kept);

    LifeBatch();

    // Whether this one, which is_for() a batch, still fits into this one.
    [[nodiscard]] bool has_room_for(const KeptLife& kept) const;
    void add(const KeptLife& kept);

    [[nodiscard]] std::size_t size() const { return size_; }
    [[nodiscard]] std::span<const std::byte> bytes() const { return out_.written(); }
    [[nodiscard]] Micros first_opened() const { return first_opened_; }
    [[nodiscard]] Micros first_ended() const { return first_ended_; }
    [[nodiscard]] Micros last_ended() const { return last_ended_; }
    // Of those that had one; the lowest is above the highest where none had.
    [[nodiscard]] std::uint64_t lowest_cookie() const { return lowest_cookie_; }
    [[nodiscard]] std::uint64_t highest_cookie() const { return highest_cookie_; }

private:
    ByteWriter out_;
    ByteWriter kind_;  // of the present one; here so that its room is used again
    std::map<std::string, std::uint64_t, std::less<>> kinds_;
    std::size_t size_ = 0;
    std::uint64_t cookie_before_ = 0;
    trace::Time time_before_{0};
    Micros first_opened_ = Micros::max();
    Micros first_ended_ = Micros::max();
    Micros last_ended_ = Micros::min();
    std::uint64_t lowest_cookie_ = INT64_MAX;
    std::uint64_t highest_cookie_ = 0;
};

// In the order in which they were added. On an error, what came before it was right.
[[nodiscard]] Result<> read_batch(std::span<const std::byte> bytes,
                                  const std::function<void(const KeptLife&)>& on_life);

}  // namespace tcpdx::history
