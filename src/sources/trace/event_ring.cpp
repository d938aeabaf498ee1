#include "sources/trace/event_ring.h"

#include <linux/bpf.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <utility>
#include <vector>

namespace tcpdx::trace {
namespace {

constexpr std::uint64_t round_up(std::uint64_t size) {
    return (size + 7) / 8 * 8;
}

std::span<std::byte> map_part(int map, std::size_t bytes, int protection, off_t offset) {
    void* at = ::mmap(nullptr, bytes, protection, MAP_SHARED, map, offset);
    return at == MAP_FAILED ? std::span<std::byte>()
                            : std::span(static_cast<std::byte*>(at), bytes);
}

void unmap(std::span<std::byte> pages) {
    if (!pages.empty()) {
        ::munmap(pages.data(), pages.size());
    }
}

std::uint64_t* number_at(std::span<std::byte> page) {
    return reinterpret_cast<std::uint64_t*>(page.data());
}

}  // namespace

Result<EventRing> EventRing::map(int map, std::size_t bytes) {
    const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
    EventRing ring;
    // A page that only we write to, one that only the kernel writes to, and the records.
    ring.consumer_page_ = map_part(map, page, PROT_READ | PROT_WRITE, 0);
    if (!ring.consumer_page_.empty()) {
        ring.producer_pages_ = map_part(map, page + bytes, PROT_READ, static_cast<off_t>(page));
    }
    if (ring.producer_pages_.empty()) {
        return os_failure("mapping the tracer's ring buffer");
    }
    ring.consumed_ = number_at(ring.consumer_page_);
    ring.produced_ = number_at(ring.producer_pages_);
    ring.records_ = ring.producer_pages_.subspan(page);
    return ring;
}

EventRing::EventRing(EventRing&& other) noexcept
    : consumed_(other.consumed_),
      produced_(other.produced_),
      records_(other.records_),
      consumer_page_(std::exchange(other.consumer_page_, {})),
      producer_pages_(std::exchange(other.producer_pages_, {})) {}

EventRing& EventRing::operator=(EventRing&& other) noexcept {
    EventRing taken(std::move(other));
    std::swap(consumed_, taken.consumed_);
    std::swap(produced_, taken.produced_);
    std::swap(records_, taken.records_);
    std::swap(consumer_page_, taken.consumer_page_);
    std::swap(producer_pages_, taken.producer_pages_);
    return *this;
}

EventRing::~EventRing() {
    unmap(consumer_page_);
    unmap(producer_pages_);
}

std::size_t EventRing::consume(const OnRecord& on_record) {
    const std::atomic_ref<std::uint64_t> consumed(*consumed_);
    const std::atomic_ref<std::uint64_t> produced(*produced_);
    std::uint64_t position = consumed.load(std::memory_order_relaxed);
    std::size_t taken = 0;
    std::vector<std::byte> in_one_piece;
    while (position < produced.load(std::memory_order_acquire)) {
        const auto offset = static_cast<std::size_t>(position & (records_.size() - 1));
        // The kernel sets the length last, and a program may still be at work on its record.
        const std::uint32_t length =
            std::atomic_ref(*reinterpret_cast<std::uint32_t*>(&records_[offset]))
                .load(std::memory_order_acquire);
        if ((length & BPF_RINGBUF_BUSY_BIT) != 0) {
            break;
        }
        const std::size_t size = length & ~(BPF_RINGBUF_BUSY_BIT | BPF_RINGBUF_DISCARD_BIT);
        if ((length & BPF_RINGBUF_DISCARD_BIT) == 0) {
            const std::size_t begin = (offset + BPF_RINGBUF_HDR_SZ) & (records_.size() - 1);
            const std::size_t whole = std::min(size, records_.size() - begin);
            std::span<const std::byte> record = records_.subspan(begin, whole);
            if (whole < size) {
                const auto rest = records_.first(size - whole);
                in_one_piece.assign(record.begin(), record.end());
                in_one_piece.insert(in_one_piece.end(), rest.begin(), rest.end());
                record = in_one_piece;
            }
            on_record(record);
            ++taken;
        }
        position += round_up(BPF_RINGBUF_HDR_SZ + size);
        consumed.store(position, std::memory_order_release);
    }
    return taken;
}

}  // namespace tcpdx::trace
