#pragma once

// Numbers and texts as bytes of a cell, little end first: what step_bytes.h and life_batch.h are
// written with.

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace tcpdx::history {

class ByteWriter {
public:
    void u8(std::uint8_t value) { bytes_.push_back(std::byte{value}); }
    void u32(std::uint32_t value) {
        for (int shift = 0; shift < 32; shift += 8) {
            u8(static_cast<std::uint8_t>(value >> shift));
        }
    }
    // Seven bits a byte, the lowest first; the highest bit tells that more follow.
    void varint(std::uint64_t value) {
        while (value >= 0x80) {
            u8(static_cast<std::uint8_t>(value | 0x80U));
            value >>= 7U;
        }
        u8(static_cast<std::uint8_t>(value));
    }
    // One that can be negative, and mostly is close to 0.
    void difference(std::int64_t value) {
        varint((static_cast<std::uint64_t>(value) << 1U) ^ static_cast<std::uint64_t>(value >> 63));
    }
    void raw(std::span<const std::byte> some) {
        bytes_.insert(bytes_.end(), some.begin(), some.end());
    }
    void text(std::string_view some) {
        varint(some.size());
        raw(std::as_bytes(std::span(some)));
    }

    [[nodiscard]] std::span<const std::byte> written() const { return bytes_; }
    void clear() { bytes_.clear(); }
    std::vector<std::byte> take() { return std::move(bytes_); }

private:
    std::vector<std::byte> bytes_;
};

// What is not there reads as 0, and failed() from then on.
class ByteReader {
public:
    explicit ByteReader(std::span<const std::byte> bytes) : bytes_(bytes) {}

    [[nodiscard]] bool at_end() const { return bytes_.empty(); }
    [[nodiscard]] bool failed() const { return failed_; }
    std::uint8_t u8() {
        if (bytes_.empty()) {
            failed_ = true;
            return 0;
        }
        const auto value = std::to_integer<std::uint8_t>(bytes_.front());
        bytes_ = bytes_.subspan(1);
        return value;
    }
    std::uint32_t u32() {
        std::uint32_t value = 0;
        for (unsigned shift = 0; shift < 32; shift += 8) {
            value |= std::uint32_t{u8()} << shift;
        }
        return value;
    }
    std::uint64_t varint() {
        std::uint64_t value = 0;
        for (unsigned shift = 0; shift < 64; shift += 7) {
            const std::uint8_t byte = u8();
            value |= std::uint64_t{byte & 0x7fU} << shift;
            if ((byte & 0x80U) == 0) {
                return value;
            }
        }
        failed_ = true;
        return value;
    }
    std::int64_t difference() {
        const std::uint64_t folded = varint();
        return static_cast<std::int64_t>((folded >> 1U) ^ (0 - (folded & 1U)));
    }
    std::span<const std::byte> raw(std::size_t size) {
        if (size > bytes_.size()) {
            failed_ = true;
            bytes_ = {};
            return {};
        }
        const auto some = bytes_.first(size);
        bytes_ = bytes_.subspan(size);
        return some;
    }
    std::string_view text() {
        const auto some = raw(static_cast<std::size_t>(varint()));
        return {reinterpret_cast<const char*>(some.data()), some.size()};
    }

private:
    std::span<const std::byte> bytes_;
    bool failed_ = false;
};

}  // namespace tcpdx::history
