#include "wire/checksum.h"

#include <array>
#include <bit>
#include <cstring>

namespace tcpdx::wire {
namespace {

constexpr std::uint8_t kTcp = 6;

// One's complement addition does not care about byte order, so words are added as they lie in
// memory, eight bytes at a time, and turned round at the end (RFC 1071, 2).
std::uint64_t add(std::uint64_t sum, std::span<const std::byte> bytes) {
    const auto add_carry = [&sum](std::uint64_t word) {
        sum += word;
        sum += sum < word ? 1U : 0U;
    };
    std::size_t at = 0;
    for (; at + 8 <= bytes.size(); at += 8) {
        std::uint64_t word = 0;
        std::memcpy(&word, bytes.data() + at, 8);
        add_carry(word);
    }
    if (at < bytes.size()) {
        std::uint64_t word = 0;
        std::memcpy(&word, bytes.data() + at, bytes.size() - at);
        add_carry(word);
    }
    return sum;
}

std::uint16_t fold(std::uint64_t sum) {
    while ((sum >> 16) != 0) {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    const auto folded = static_cast<std::uint16_t>(~sum);
    return std::endian::native == std::endian::little
               ? static_cast<std::uint16_t>((folded << 8) | (folded >> 8))
               : folded;
}

std::span<const std::byte> written(const IpAddress& address) {
    const auto bytes = std::as_bytes(std::span(address.bytes));
    return address.family == IpFamily::V4 ? bytes.last(4) : bytes;
}

}  // namespace

std::uint16_t internet_checksum(std::span<const std::byte> bytes) {
    return fold(add(0, bytes));
}

std::uint16_t tcp_checksum(const IpAddress& source, const IpAddress& destination,
                           std::span<const std::byte> segment) {
    // Of IPv4's and IPv6's pseudo headers the fields that are not zero are the same.
    const auto length = static_cast<std::uint32_t>(segment.size());
    const std::array<std::byte, 8> tail{std::byte(length >> 24),
                                        std::byte(length >> 16),
                                        std::byte(length >> 8),
                                        std::byte(length),
                                        std::byte{0},
                                        std::byte{0},
                                        std::byte{0},
                                        std::byte{kTcp}};
    return fold(add(add(add(add(0, written(source)), written(destination)), tail), segment));
}

}  // namespace tcpdx::wire
