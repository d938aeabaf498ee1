#pragma once

// The segments of connections that matter for their states, a few per connection: kept in chunks
// of one big store, so that nothing is allocated for a packet.

#include <array>
#include <cstdint>
#include <vector>

#include "model/captured.h"

namespace tcpdx::capture {

struct LogEntry {
    std::int64_t time_ns = 0;
    std::uint32_t packet = 0;
    SegmentMark mark = SegmentMark::Syn;
    std::uint8_t from = 0;   // in the order of the connection's key
    std::uint8_t extra = 0;  // see kAcksFin, kBare; ICMP: type and code
};

// Fin, FinAgain: sent when the other's FIN had arrived. Rst: the SegmentMark that came before it.
inline constexpr std::uint8_t kAcksFin = 1;
// LastHeard: what was captured then shows that no FIN had been sent.
inline constexpr std::uint8_t kNoFinYet = 1;
// Ack: with nothing but the numbers that end a handshake.
inline constexpr std::uint8_t kBare = 1;
// Fin: the other had acknowledged it before this copy was captured.
inline constexpr std::uint8_t kAckedBefore = 8;
// Fin, AckOfFin: in the upper half how long nothing else had been captured of its sender, so that
// it may have told the same before: no longer than 20 ms, of which every step is three times as
// long.
inline constexpr unsigned kQuietShift = 4;
inline constexpr unsigned kQuietUnknown = 15;
inline constexpr std::int64_t kQuietUnitNs = 20'000'000;
// AckOfFin: in a reset, so that its receiver took it for that and nothing else.
inline constexpr std::uint8_t kByReset = 1;
// Fin: it had been sent before, see SegmentMark::FinBefore.
inline constexpr std::uint8_t kSentBefore = 4;
// Rst, beside the mark: its sender had repeated itself and heard nothing.
inline constexpr std::uint8_t kUnheard = 0x40;
// Ack: no segment acknowledged the SYN: the opener's SYN is only known from this.
inline constexpr std::uint8_t kInferred = 2;

struct LogChain {
    std::uint32_t head = UINT32_MAX;
    std::uint32_t tail = UINT32_MAX;
    std::uint8_t in_tail = 0;
};

class SegmentLog {
public:
    // `base_ns` is the same at each call for one chain: times are kept relative to it.
    void append(LogChain& chain, std::int64_t base_ns, const LogEntry& entry);
    void read(const LogChain& chain, std::int64_t base_ns, std::vector<LogEntry>& into) const;
    void free(LogChain& chain);
    [[nodiscard]] std::size_t bytes() const { return chunks_.size() * sizeof(Chunk); }

private:
    // 47 bits of time and its unit: nanoseconds for 19 hours, else microseconds for two years.
    struct Packed {
        std::uint32_t packet = 0;
        std::uint32_t time_low = 0;
        std::uint16_t time_high = 0;
        std::uint8_t mark_and_from = 0;
        std::uint8_t extra = 0;
    };
    static_assert(sizeof(Packed) == 12);
    static constexpr std::size_t kPerChunk = 5;
    struct Chunk {
        std::array<Packed, kPerChunk> entries;
        std::uint32_t next = UINT32_MAX;
    };
    static_assert(sizeof(Chunk) == 64);

    [[nodiscard]] std::uint32_t take_chunk();

    std::vector<Chunk> chunks_;
    std::uint32_t free_ = UINT32_MAX;
};

}  // namespace tcpdx::capture
