#include "presentation/netstat/line_buffer.h"

#include <algorithm>

namespace tcpdx::netstat {

void LineBuffer::grow(std::size_t bytes) {
    constexpr std::size_t kFirst = std::size_t{128} * 1024;
    const std::size_t wanted = std::max({kFirst, capacity_ * 2, size_ + bytes});
    std::unique_ptr<char[]> larger(new char[wanted]);
    if (size_ > 0) {
        std::memcpy(larger.get(), text_.get(), size_);
    }
    text_ = std::move(larger);
    capacity_ = wanted;
}

void LineBuffer::remove_prefix(std::size_t bytes) {
    std::memmove(text_.get(), text_.get() + bytes, size_ - bytes);
    size_ -= bytes;
}

}  // namespace tcpdx::netstat
