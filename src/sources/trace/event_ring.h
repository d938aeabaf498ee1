#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>

#include "base/result.h"

namespace tcpdx::trace {

// The reader's end of a BPF ring buffer (kernel/bpf/ringbuf.c). libbpf has one too, which maps the
// buffer twice in a row so that a record that wraps around needs no copy: then twice its size
// counts as our resident memory. Records are small here, and copying one in 35,000 costs nothing.
class EventRing {
public:
    using OnRecord = std::function<void(std::span<const std::byte>)>;

    // `map` is a BPF_MAP_TYPE_RINGBUF of so many bytes, a power of two.
    [[nodiscard]] static Result<EventRing> map(int map, std::size_t bytes);
    // One that lies in memory anyway: for tests.
    EventRing(std::uint64_t& consumed, std::uint64_t& produced, std::span<std::byte> records)
        : consumed_(&consumed), produced_(&produced), records_(records) {}

    EventRing(const EventRing&) = delete;
    EventRing& operator=(const EventRing&) = delete;
    EventRing(EventRing&& other) noexcept;
    EventRing& operator=(EventRing&& other) noexcept;
    ~EventRing();

    // Hands over every record that is complete, in order, and says how many.
    std::size_t consume(const OnRecord& on_record);

private:
    EventRing() = default;

    std::uint64_t* consumed_ = nullptr;
    std::uint64_t* produced_ = nullptr;
    std::span<std::byte> records_;
    std::span<std::byte> consumer_page_;  // both empty when nothing is mapped
    std::span<std::byte> producer_pages_;
};

}  // namespace tcpdx::trace
