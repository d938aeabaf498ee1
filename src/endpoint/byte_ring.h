#pragma once

#include <algorithm>
#include <cassert>
#include <cstddef>
#include <span>
#include <vector>

namespace tcpdx::endpoint {

// A queue of bytes of fixed capacity, which can also be read and written ahead of its ends. It
// allocates when it is made and never again.
class ByteRing {
public:
    explicit ByteRing(std::size_t capacity) : bytes_(capacity) {}

    [[nodiscard]] std::size_t capacity() const { return bytes_.size(); }
    [[nodiscard]] std::size_t size() const { return size_; }
    [[nodiscard]] std::size_t free() const { return bytes_.size() - size_; }

    // Takes as much as there is room for.
    std::size_t append(std::span<const std::byte> data) {
        const auto part = data.first(std::min(data.size(), free()));
        write_ahead(0, part);
        size_ += part.size();
        return part.size();
    }
    // Puts bytes behind the end, leaving a gap of `gap`; they count once commit() says so.
    void write_ahead(std::size_t gap, std::span<const std::byte> data) {
        assert(gap + data.size() <= free());
        const std::size_t at = position(size_ + gap);
        const std::size_t first = std::min(data.size(), bytes_.size() - at);
        std::copy_n(data.begin(), first, bytes_.begin() + offset(at));
        std::copy_n(data.begin() + offset(first), data.size() - first, bytes_.begin());
    }
    void commit(std::size_t count) {
        assert(count <= free());
        size_ += count;
    }
    // Copies without removing; the caller has checked that so much is there.
    void peek(std::size_t skip, std::span<std::byte> out) const {
        assert(skip + out.size() <= size_);
        const std::size_t at = position(skip);
        const std::size_t first = std::min(out.size(), bytes_.size() - at);
        std::copy_n(bytes_.begin() + offset(at), first, out.begin());
        std::copy_n(bytes_.begin(), out.size() - first, out.begin() + offset(first));
    }
    void drop(std::size_t count) {
        assert(count <= size_);
        begin_ = position(count);
        size_ -= count;
    }
    // Keeps the content; a capacity below it is raised to it. Allocates.
    void set_capacity(std::size_t capacity) {
        std::vector<std::byte> bytes(std::max(capacity, size_));
        peek(0, std::span(bytes).first(size_));
        bytes_ = std::move(bytes);
        begin_ = 0;
    }

private:
    [[nodiscard]] std::size_t position(std::size_t from_begin) const {
        const std::size_t at = begin_ + from_begin;
        return at >= bytes_.size() && !bytes_.empty() ? at - bytes_.size() : at;
    }
    [[nodiscard]] static std::ptrdiff_t offset(std::size_t at) {
        return static_cast<std::ptrdiff_t>(at);
    }

    std::vector<std::byte> bytes_;
    std::size_t begin_ = 0;
    std::size_t size_ = 0;
};

}  // namespace tcpdx::endpoint
