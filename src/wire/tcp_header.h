#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "base/result.h"

namespace tcpdx::wire {

struct TcpFlags {
    bool fin = false;
    bool syn = false;
    bool rst = false;
    bool psh = false;
    bool ack = false;
    bool urg = false;
    bool ece = false;
    bool cwr = false;

    friend bool operator==(const TcpFlags&, const TcpFlags&) = default;
};

// RFC 7323, 3.2.
struct TcpTimestamps {
    std::uint32_t value = 0;
    std::uint32_t echo_reply = 0;

    friend bool operator==(const TcpTimestamps&, const TcpTimestamps&) = default;
};

// RFC 2018, 3: bytes received, [left, right).
struct SackBlock {
    std::uint32_t left = 0;
    std::uint32_t right = 0;

    friend bool operator==(const SackBlock&, const SackBlock&) = default;
};

inline constexpr std::size_t kMaxSackBlocks = 4;

struct TcpOptions {
    std::optional<std::uint16_t> max_segment_size;
    std::optional<std::uint8_t> window_shift;
    std::optional<TcpTimestamps> timestamps;
    std::array<SackBlock, kMaxSackBlocks> sack{};
    std::uint8_t sack_blocks = 0;
    bool sack_permitted = false;
    bool signature = false;  // TCP-MD5 (RFC 2385) or TCP-AO (RFC 5925) is there
    bool fast_open = false;  // RFC 7413
    // The list ended in an option that lies about its length; what came before it was kept.
    bool malformed = false;

    friend bool operator==(const TcpOptions&, const TcpOptions&) = default;
};

struct TcpSegment {
    std::uint16_t source_port = 0;  // host order, like every number outside wire/
    std::uint16_t destination_port = 0;
    std::uint32_t sequence = 0;
    std::uint32_t acknowledgment = 0;
    std::uint16_t window = 0;  // as sent; window_shift has not been applied
    std::uint16_t urgent_pointer = 0;
    TcpFlags flags;
    TcpOptions options;
    std::span<const std::byte> payload;  // points into the input
};

// Plain values rather than Error: this runs once per packet and must not allocate.
enum class ParseError {
    Truncated,
    BadDataOffset,
};

[[nodiscard]] Result<TcpSegment, ParseError> parse_tcp(std::span<const std::byte> bytes);

// The order and filling of options is free (RFC 9293, MUST-64), so stacks are known by theirs.
enum class OptionLayout : std::uint8_t {
    Bsd,    // mss, nop, wscale, sackOK, TS; zeros after an end-of-list
    Linux,  // mss, sackOK, TS, nop, wscale: tcp_options_write()
};

// The header with its options (`fast_open` and `signature` are not written) and the payload, with a
// checksum of zero: see checksum.h. Returns the bytes written, or 0 when `out` is too small.
[[nodiscard]] std::size_t write_tcp(const TcpSegment& segment, std::span<std::byte> out,
                                    OptionLayout layout = OptionLayout::Bsd);

}  // namespace tcpdx::wire
