#pragma once

#include <charconv>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string_view>

namespace tcpdx::netstat {

// Text that only grows at its end, for tables of a million lines.
class LineBuffer {
public:
    [[nodiscard]] std::string_view text() const { return {text_.get(), size_}; }
    [[nodiscard]] std::size_t size() const { return size_; }
    void clear() { size_ = 0; }
    void truncate(std::size_t size) { size_ = size; }
    // Forgets the first `bytes`, which were written out.
    void remove_prefix(std::size_t bytes);

    void make_room(std::size_t bytes) {
        if (capacity_ - size_ < bytes) {
            grow(bytes);
        }
    }

    void append(std::string_view text) {
        make_room(text.size());
        std::memcpy(end(), text.data(), text.size());
        size_ += text.size();
    }
    void append(char c) {
        make_room(1);
        *end() = c;
        ++size_;
    }
    // As printf("%-*s") does.
    void append_left(std::string_view text, std::size_t width) {
        append(text);
        if (text.size() < width) {
            append_blanks(width - text.size());
        }
    }
    void append_blanks(std::size_t count) {
        make_room(count);
        std::memset(end(), ' ', count);
        size_ += count;
    }

    template <class Integer>
    void append_number(Integer value) {
        make_room(kLongestNumber);
        commit(std::to_chars(end(), end() + kLongestNumber, value).ptr);
    }
    // As printf("%*d") and printf("%-*d") do.
    template <class Integer>
    void append_right(Integer value, std::size_t width) {
        char digits[kLongestNumber];
        const auto length = static_cast<std::size_t>(
            std::to_chars(digits, digits + sizeof(digits), value).ptr - digits);
        if (length < width) {
            append_blanks(width - length);
        }
        append({digits, length});
    }
    template <class Integer>
    void append_left_number(Integer value, std::size_t width) {
        const std::size_t before = size_;
        append_number(value);
        if (size_ - before < width) {
            append_blanks(width - (size_ - before));
        }
    }

    // For a formatter that writes through a pointer: write at end(), within the room made, then
    // commit the new end.
    [[nodiscard]] char* end() { return text_.get() + size_; }
    void commit(const char* new_end) { size_ = static_cast<std::size_t>(new_end - text_.get()); }

private:
    static constexpr std::size_t kLongestNumber = 24;

    void grow(std::size_t bytes);

    std::unique_ptr<char[]> text_;
    std::size_t size_ = 0;
    std::size_t capacity_ = 0;
};

}  // namespace tcpdx::netstat
