#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

namespace tcpdx::capture {

// Reads the numbers of a file's headers in the order in which its writer's machine had them.
class FileOrder {
public:
    explicit constexpr FileOrder(bool swapped = false) : swapped_(swapped) {}

    // The caller has checked that `at` and what follows lie within `bytes`.
    template <std::unsigned_integral T>
    [[nodiscard]] T load(std::span<const std::byte> bytes, std::size_t at) const {
        T value{};
        std::memcpy(&value, bytes.data() + at, sizeof(T));
        return swapped_ ? swap(value) : value;
    }
    [[nodiscard]] std::uint16_t u16(std::span<const std::byte> bytes, std::size_t at) const {
        return load<std::uint16_t>(bytes, at);
    }
    [[nodiscard]] std::uint32_t u32(std::span<const std::byte> bytes, std::size_t at) const {
        return load<std::uint32_t>(bytes, at);
    }

private:
    static constexpr std::uint16_t swap(std::uint16_t value) { return __builtin_bswap16(value); }
    static constexpr std::uint32_t swap(std::uint32_t value) { return __builtin_bswap32(value); }
    static constexpr std::uint64_t swap(std::uint64_t value) { return __builtin_bswap64(value); }

    bool swapped_;
};

}  // namespace tcpdx::capture
