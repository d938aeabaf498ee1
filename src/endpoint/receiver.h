#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>

#include "endpoint/byte_ring.h"
#include "endpoint/sequence_ranges.h"
#include "wire/tcp_header.h"

namespace tcpdx::endpoint {

// The receiving half of a connection: puts the pieces in order, says which have arrived (RFC 2018
// and 2883), and keeps the window it has offered.
//
// Bytes that arrive early are written to where they belong in the ring at once, so that there is no
// queue of segments; only which ranges are filled is remembered.
class Receiver {
public:
    // Whose rules decide about the edge of the window and about a FIN that comes early: the RFC's,
    // or those of Linux, which keeps a segment whole where it has let it in (tcp_sequence()), and
    // tells an early FIN by SACK.
    enum class Rules : bool { Rfc, Linux };
    explicit Receiver(std::size_t capacity, Rules rules = Rules::Rfc);

    void begin(std::uint32_t initial_sequence);

    [[nodiscard]] std::uint32_t irs() const { return irs_; }
    [[nodiscard]] std::uint32_t next() const { return next_; }
    // What has been offered and not used: RCV.WND.
    [[nodiscard]] std::uint32_t window() const { return edge_ - next_; }

    enum class Effect : std::uint8_t {
        Nothing,     // no text, or all of it had been received
        InOrder,     // RCV.NXT advanced
        FilledGap,   // it advanced, over more than the segment or with gaps left
        OutOfOrder,  // kept for later, or not kept for want of room
    };
    // The text of an acceptable segment; `fin` when a FIN follows it. What is outside the window is
    // cut off, and a FIN right behind it too (by the RFC's rules).
    Effect accept(std::uint32_t sequence, std::span<const std::byte> text, bool fin);
    // Keeps text that came with a SYN; RCV.NXT does not move before release().
    void hold(std::uint32_t sequence, std::span<const std::byte> text, bool fin);
    Effect release();
    // The program no longer reads: what comes is acknowledged and forgotten.
    void discard();

    // The FIN has been reached: everything before it is there.
    [[nodiscard]] bool at_fin() const { return fin_ && !fin_taken_ && *fin_ == next_; }
    void take_fin();
    [[nodiscard]] bool fin_taken() const { return fin_taken_; }

    // ---- for the program
    [[nodiscard]] std::size_t readable() const { return ring_.size(); }
    [[nodiscard]] std::size_t peek(std::span<std::byte> out) const;
    std::size_t skip(std::size_t count);
    void set_capacity(std::size_t bytes);
    [[nodiscard]] std::size_t capacity() const { return limit_ ? limit_ : ring_.capacity(); }

    // ---- window
    // The right edge that could be offered, but not in small steps (RFC 9293, MUST-39), and never
    // left of what has been offered (SHLD-14).
    [[nodiscard]] std::uint32_t best_edge(std::uint32_t segment_size) const;
    // The number for the window field; offers what it stands for.
    std::uint16_t offer_window(std::uint32_t segment_size, std::uint8_t shift);
    // The window has at least doubled since it was last offered.
    [[nodiscard]] bool worth_an_update(std::uint32_t segment_size, std::uint8_t shift) const;

    // ---- SACK
    [[nodiscard]] bool has_gaps() const { return !early_.empty() || tells_early_fin(); }
    [[nodiscard]] std::size_t sack_blocks() const;
    // The end of what has arrived.
    [[nodiscard]] std::uint32_t rightmost() const;
    // The range of the latest segment first, then the ones before it, most recent first.
    void write_sack(wire::TcpOptions& options, std::size_t max_blocks);
    // Of a segment that is not accepted; accept() does it by itself.
    void note_duplicate(SequenceRange segment);
    void forget_duplicate() { duplicate_.reset(); }
    [[nodiscard]] bool has_duplicate_to_report() const { return duplicate_.has_value(); }
    [[nodiscard]] const SequenceRanges& early() const { return early_; }

    [[nodiscard]] bool is_consistent() const;

private:
    [[nodiscard]] std::size_t space_for(std::size_t capacity) const;
    [[nodiscard]] bool tells_early_fin() const;
    [[nodiscard]] bool fin_stands_alone() const;
    [[nodiscard]] SequenceRange as_told(SequenceRange range) const;
    void remember_recent(std::uint32_t sequence);
    [[nodiscard]] std::uint32_t free() const;
    Effect advance(std::uint32_t end_of_segment);

    Rules rules_;
    ByteRing ring_;
    std::size_t limit_ = 0;  // what may be offered, where that is less than the ring holds
    std::uint32_t irs_ = 0;
    std::uint32_t next_ = 0;  // RCV.NXT; the ring ends here, except for a FIN that was taken
    std::uint32_t edge_ = 0;  // RCV.NXT + RCV.WND
    SequenceRanges early_;
    std::array<std::uint32_t, wire::kMaxSackBlocks> recent_{};
    std::size_t recent_count_ = 0;
    std::optional<SequenceRange> duplicate_;
    std::optional<std::uint32_t> fin_;
    bool fin_taken_ = false;
    bool discarding_ = false;
};

}  // namespace tcpdx::endpoint
