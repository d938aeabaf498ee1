#pragma once

#include <cstddef>
#include <utility>
#include <vector>

namespace tcpdx::trace {

// A queue that allocates only when it grows. std::deque gives a block back and takes a new one
// every few elements, which shows at a million events a second.
template <class T>
class Fifo {
public:
    [[nodiscard]] bool empty() const { return head_ == items_.size(); }
    [[nodiscard]] const T& front() const { return items_[head_]; }
    void push_back(T item) { items_.push_back(std::move(item)); }
    void pop_front() {
        ++head_;
        if (head_ == items_.size()) {
            items_.clear();
            head_ = 0;
        } else if (head_ >= kMostGone && head_ * 2 >= items_.size()) {
            items_.erase(items_.begin(), items_.begin() + static_cast<std::ptrdiff_t>(head_));
            head_ = 0;
        }
    }

private:
    static constexpr std::size_t kMostGone = 4096;

    std::vector<T> items_;
    std::size_t head_ = 0;
};

}  // namespace tcpdx::trace
