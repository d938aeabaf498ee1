#include "wire/tcp_header.h"

#include <algorithm>
#include <array>
#include <concepts>

#include "wire/byte_cursor.h"

// RFC 9293, 3.1. Header Format
//
//    0                   1                   2                   3
//    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//   +-------------------------------+-------------------------------+
//   |          Source Port          |       Destination Port        |   0
//   +-------------------------------+-------------------------------+
//   |                        Sequence Number                        |   4
//   +---------------------------------------------------------------+
//   |                    Acknowledgment Number                      |   8
//   +-------+-------+-+-+-+-+-+-+-+-+-------------------------------+
//   | Offset| Rsrvd |C|E|U|A|P|R|S|F|            Window             |  12
//   +-------+-------+-+-+-+-+-+-+-+-+-------------------------------+
//   |           Checksum            |         Urgent Pointer        |  16
//   +-------------------------------+-------------------------------+
//   |                      Options, then payload                    |  20

namespace tcpdx::wire {
namespace {

constexpr std::size_t kFixedBytes = 20;
constexpr std::size_t kMaxHeaderBytes = 60;

enum OptionKind : std::uint8_t {
    kEndOfList = 0,
    kNoOperation = 1,
    kMaxSegmentSize = 2,
    kWindowScale = 3,
    kSackPermitted = 4,
    kSack = 5,
    kTimestamps = 8,
    kMd5Signature = 19,
    kAuthentication = 29,
    kFastOpen = 34,
};

// RFC 7323, 2.3: a larger shift must be treated as 14.
constexpr std::uint8_t kMaxWindowShift = 14;

bool apply_sack(TcpOptions& options, ByteCursor body) {
    options.sack_blocks = 0;
    while (const auto block = body.take<8>()) {
        if (options.sack_blocks == kMaxSackBlocks) {
            return false;
        }
        options.sack[options.sack_blocks++] = {.left = load_be<std::uint32_t, 0>(*block),
                                               .right = load_be<std::uint32_t, 4>(*block)};
    }
    return options.sack_blocks > 0 && body.rest().empty();
}

// Returns false when the option does not have the length its kind requires.
bool apply_option(TcpOptions& options, std::uint8_t kind, ByteCursor body) {
    switch (kind) {
        case kMaxSegmentSize:
            if (const auto size = body.take<2>(); size && body.rest().empty()) {
                options.max_segment_size = load_be<std::uint16_t, 0>(*size);
                return true;
            }
            return false;
        case kWindowScale:
            if (const auto shift = body.u8(); shift && body.rest().empty()) {
                options.window_shift = std::min(*shift, kMaxWindowShift);
                return true;
            }
            return false;
        case kSackPermitted:
            options.sack_permitted = body.rest().empty();
            return options.sack_permitted;
        case kSack:
            return apply_sack(options, body);
        case kTimestamps:
            if (const auto times = body.take<8>(); times && body.rest().empty()) {
                options.timestamps = {.value = load_be<std::uint32_t, 0>(*times),
                                      .echo_reply = load_be<std::uint32_t, 4>(*times)};
                return true;
            }
            return false;
        case kMd5Signature:
        case kAuthentication:
            options.signature = true;
            return true;
        case kFastOpen:
            options.fast_open = true;
            return true;
        default:
            return true;  // RFC 9293, MUST-6: ignore an option we do not implement.
    }
}

TcpOptions parse_options(ByteCursor cursor) {
    TcpOptions options;
    while (const auto kind = cursor.u8()) {
        if (*kind == kEndOfList) {
            break;
        }
        if (*kind == kNoOperation) {
            continue;
        }
        // The length counts the kind and length bytes too. Senders do get it wrong (RFC 9293,
        // MUST-7), and a diagnosis tool has to show that packet, so stop instead of rejecting it.
        const auto length = cursor.u8();
        const auto body = length && *length >= 2 ? cursor.take(*length - 2U) : std::nullopt;
        if (!body || !apply_option(options, *kind, ByteCursor(*body))) {
            options.malformed = true;
            break;
        }
    }
    return options;
}

TcpFlags flags_of(std::uint8_t bits) {
    return {.fin = (bits & 0x01) != 0,
            .syn = (bits & 0x02) != 0,
            .rst = (bits & 0x04) != 0,
            .psh = (bits & 0x08) != 0,
            .ack = (bits & 0x10) != 0,
            .urg = (bits & 0x20) != 0,
            .ece = (bits & 0x40) != 0,
            .cwr = (bits & 0x80) != 0};
}

std::uint8_t bits_of(const TcpFlags& flags) {
    const unsigned bits = (flags.fin ? 0x01U : 0U) | (flags.syn ? 0x02U : 0U) |
                          (flags.rst ? 0x04U : 0U) | (flags.psh ? 0x08U : 0U) |
                          (flags.ack ? 0x10U : 0U) | (flags.urg ? 0x20U : 0U) |
                          (flags.ece ? 0x40U : 0U) | (flags.cwr ? 0x80U : 0U);
    return static_cast<std::uint8_t>(bits);
}

// Appends big-endian numbers to a header of at most 60 bytes, which always fits.
class HeaderWriter {
public:
    template <std::unsigned_integral T>
    void put(T value) {
        for (std::size_t i = sizeof(T); i-- > 0;) {
            bytes_[size_++] = static_cast<std::byte>(value >> (8 * i));
        }
    }
    // NOPs until the size is `remainder` more than a multiple of four, so that what follows (two
    // bytes, then 32-bit words) is aligned.
    void align(std::size_t remainder) {
        while (size_ % 4 != remainder) {
            put(std::uint8_t{kNoOperation});
        }
    }
    // What follows an end-of-list must be zero (RFC 9293, MUST-69), and its number is zero too.
    void end_options() {
        while (size_ % 4 != 0) {
            put(std::uint8_t{kEndOfList});
        }
    }
    [[nodiscard]] std::span<std::byte> written() { return std::span(bytes_).first(size_); }

private:
    std::array<std::byte, 80> bytes_{};
    std::size_t size_ = 0;
};

class OptionWriter {
public:
    OptionWriter(HeaderWriter& header, const TcpOptions& options)
        : header_(header), options_(options) {}

    void max_segment_size() {
        if (options_.max_segment_size) {
            begin(kMaxSegmentSize, 4);
            header_.put(*options_.max_segment_size);
        }
    }
    void window_scale() {
        if (options_.window_shift) {
            header_.align(1);
            begin(kWindowScale, 3);
            header_.put(*options_.window_shift);
        }
    }
    void sack_permitted(bool align) {
        if (options_.sack_permitted) {
            if (align) {
                header_.align(2);
            }
            begin(kSackPermitted, 2);
        }
    }
    void timestamps() {
        if (options_.timestamps) {
            header_.align(2);
            begin(kTimestamps, 10);
            header_.put(options_.timestamps->value);
            header_.put(options_.timestamps->echo_reply);
        }
    }
    // 40 bytes of options: with timestamps only three blocks fit (RFC 2018, 3).
    void sack() {
        const std::size_t used = (header_.written().size() + 1) / 4 * 4 + 4;
        const std::size_t room = kMaxHeaderBytes - std::min(kMaxHeaderBytes, used);
        const std::size_t blocks = std::min<std::size_t>(options_.sack_blocks, room / 8);
        if (blocks > 0) {
            header_.align(2);
            begin(kSack, 2 + 8 * blocks);
            for (std::size_t i = 0; i < blocks; ++i) {
                header_.put(options_.sack[i].left);
                header_.put(options_.sack[i].right);
            }
        }
    }

private:
    void begin(OptionKind kind, std::size_t length) {
        header_.put(std::uint8_t{kind});
        header_.put(static_cast<std::uint8_t>(length));
    }

    HeaderWriter& header_;
    const TcpOptions& options_;
};

void put_options(HeaderWriter& header, const TcpOptions& options, OptionLayout layout) {
    OptionWriter write(header, options);
    write.max_segment_size();
    if (layout == OptionLayout::Linux) {
        write.sack_permitted(!options.timestamps);
        write.timestamps();
        write.window_scale();
    } else {
        write.window_scale();
        write.sack_permitted(false);
        write.timestamps();
    }
    write.sack();
    header.end_options();
}

}  // namespace

Result<TcpSegment, ParseError> parse_tcp(std::span<const std::byte> bytes) {
    ByteCursor cursor(bytes);
    const auto fixed = cursor.take<kFixedBytes>();
    if (!fixed) {
        return unexpected(ParseError::Truncated);
    }

    const std::size_t header_bytes = std::size_t{load_be<std::uint8_t, 12>(*fixed)} / 16 * 4;
    if (header_bytes < kFixedBytes) {
        return unexpected(ParseError::BadDataOffset);
    }
    const auto options = cursor.take(header_bytes - kFixedBytes);
    if (!options) {
        return unexpected(ParseError::Truncated);
    }

    return TcpSegment{
        .source_port = load_be<std::uint16_t, 0>(*fixed),
        .destination_port = load_be<std::uint16_t, 2>(*fixed),
        .sequence = load_be<std::uint32_t, 4>(*fixed),
        .acknowledgment = load_be<std::uint32_t, 8>(*fixed),
        .window = load_be<std::uint16_t, 14>(*fixed),
        .urgent_pointer = load_be<std::uint16_t, 18>(*fixed),
        .flags = flags_of(load_be<std::uint8_t, 13>(*fixed)),
        .options = parse_options(ByteCursor(*options)),
        .payload = cursor.rest(),
    };
}

std::size_t write_tcp(const TcpSegment& segment, std::span<std::byte> out, OptionLayout layout) {
    HeaderWriter header;
    header.put(segment.source_port);
    header.put(segment.destination_port);
    header.put(segment.sequence);
    header.put(segment.acknowledgment);
    header.put(std::uint8_t{0});  // the data offset, once the options are there
    header.put(bits_of(segment.flags));
    header.put(segment.window);
    header.put(std::uint16_t{0});  // checksum
    header.put(segment.urgent_pointer);
    put_options(header, segment.options, layout);

    const auto head = header.written();
    head[12] = static_cast<std::byte>(head.size() / 4 * 16);
    if (out.size() < head.size() + segment.payload.size()) {
        return 0;
    }
    std::copy(head.begin(), head.end(), out.begin());
    std::copy(segment.payload.begin(), segment.payload.end(),
              out.begin() + static_cast<std::ptrdiff_t>(head.size()));
    return head.size() + segment.payload.size();
}

}  // namespace tcpdx::wire
