#include "sources/capture/segment_log.h"

#include <algorithm>

namespace tcpdx::capture {
namespace {

constexpr std::int64_t kMostValue = (std::int64_t{1} << 46U) - 1;

// The lowest bit says the unit.
std::uint64_t pack_time(std::int64_t offset_ns) {
    const bool fine = offset_ns <= kMostValue && offset_ns >= -kMostValue;
    const std::int64_t value =
        fine ? offset_ns : std::clamp(offset_ns / 1000, -kMostValue, kMostValue);
    return static_cast<std::uint64_t>(value) << 1U | (fine ? 0U : 1U);
}

std::int64_t unpack_time(std::uint64_t packed) {
    // Sign-extends the 47 bits above the unit.
    const std::int64_t value = static_cast<std::int64_t>(packed << 16U) >> 17U;
    return (packed & 1U) != 0 ? value * 1000 : value;
}

}  // namespace

std::uint32_t SegmentLog::take_chunk() {
    if (free_ != UINT32_MAX) {
        const std::uint32_t taken = free_;
        free_ = chunks_[taken].next;
        chunks_[taken].next = UINT32_MAX;
        return taken;
    }
    chunks_.emplace_back();
    return static_cast<std::uint32_t>(chunks_.size() - 1);
}

void SegmentLog::append(LogChain& chain, std::int64_t base_ns, const LogEntry& entry) {
    if (chain.tail == UINT32_MAX || chain.in_tail == kPerChunk) {
        const std::uint32_t taken = take_chunk();
        (chain.tail == UINT32_MAX ? chain.head : chunks_[chain.tail].next) = taken;
        chain.tail = taken;
        chain.in_tail = 0;
    }
    // Times of a damaged file may be as far apart as numbers go.
    const auto offset = static_cast<std::int64_t>(static_cast<std::uint64_t>(entry.time_ns) -
                                                  static_cast<std::uint64_t>(base_ns));
    const std::uint64_t time = pack_time(offset);
    chunks_[chain.tail].entries[chain.in_tail++] = {
        .packet = entry.packet,
        .time_low = static_cast<std::uint32_t>(time),
        .time_high = static_cast<std::uint16_t>(time >> 32U),
        .mark_and_from =
            static_cast<std::uint8_t>(static_cast<unsigned>(entry.mark) << 1U | (entry.from & 1U)),
        .extra = entry.extra};
}

void SegmentLog::read(const LogChain& chain, std::int64_t base_ns,
                      std::vector<LogEntry>& into) const {
    for (std::uint32_t at = chain.head; at != UINT32_MAX; at = chunks_[at].next) {
        const std::size_t count = at == chain.tail ? chain.in_tail : kPerChunk;
        for (std::size_t i = 0; i < count; ++i) {
            const Packed& packed = chunks_[at].entries[i];
            const std::uint64_t time = std::uint64_t{packed.time_high} << 32U | packed.time_low;
            into.push_back({.time_ns = static_cast<std::int64_t>(
                                static_cast<std::uint64_t>(base_ns) +
                                static_cast<std::uint64_t>(unpack_time(time))),
                            .packet = packed.packet,
                            .mark = static_cast<SegmentMark>(packed.mark_and_from >> 1U),
                            .from = static_cast<std::uint8_t>(packed.mark_and_from & 1U),
                            .extra = packed.extra});
        }
    }
}

void SegmentLog::free(LogChain& chain) {
    if (chain.tail != UINT32_MAX) {
        chunks_[chain.tail].next = free_;
        free_ = chain.head;
    }
    chain = {};
}

}  // namespace tcpdx::capture
