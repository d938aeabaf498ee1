#include "wire/tcp_builder.h"

namespace tcpdx::wire {
namespace {

constexpr std::uint32_t kTcp = 6;

template <class Integer>
void store_be(std::span<std::byte> out, Integer value) {
    for (std::size_t i = sizeof value; i-- > 0;) {
        out[i] = static_cast<std::byte>(value & 0xffU);
        value = static_cast<Integer>(std::uint64_t{value} >> 8);
    }
}

// Adds the 16-bit words of `bytes`; an odd byte counts as the high one of a word.
template <class Byte>
void add_words(std::uint64_t& sum, std::span<const Byte> bytes) {
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        const auto value = static_cast<std::uint64_t>(bytes[i]);
        sum += i % 2 == 0 ? value << 8 : value;
    }
}

}  // namespace

std::uint16_t tcp_checksum(std::span<const std::byte> segment, std::span<const std::uint8_t> source,
                           std::span<const std::uint8_t> destination) {
    std::uint64_t sum = kTcp + segment.size();
    add_words(sum, source);
    add_words(sum, destination);
    add_words(sum, segment);
    while (sum > 0xffff) {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    return static_cast<std::uint16_t>(~sum);
}

std::array<std::byte, 20> build_tcp(const BareSegment& segment,
                                    std::span<const std::uint8_t> source,
                                    std::span<const std::uint8_t> destination) {
    std::array<std::byte, 20> bytes{};
    const std::span<std::byte> out(bytes);
    store_be(out.subspan(0, 2), segment.source_port);
    store_be(out.subspan(2, 2), segment.destination_port);
    store_be(out.subspan(4, 4), segment.sequence);
    store_be(out.subspan(8, 4), segment.acknowledgment);
    bytes[12] = std::byte{0x50};  // five words, no options
    bytes[13] =
        static_cast<std::byte>((segment.flags.fin ? 0x01 : 0) | (segment.flags.syn ? 0x02 : 0) |
                               (segment.flags.rst ? 0x04 : 0) | (segment.flags.ack ? 0x10 : 0));
    store_be(out.subspan(14, 2), segment.window);
    store_be(out.subspan(16, 2), tcp_checksum(bytes, source, destination));
    return bytes;
}

}  // namespace tcpdx::wire
