#include "endpoint/sequence_ranges.h"

#include <algorithm>

#include "wire/sequence.h"

namespace tcpdx::endpoint {

using wire::after;
using wire::at_or_after;
using wire::at_or_before;
using wire::before;

bool SequenceRanges::add(SequenceRange range) {
    if (range.left == range.right) {
        return true;
    }
    // [first, last) are the ranges that the new one touches.
    std::size_t first = 0;
    while (first < size_ && before(ranges_[first].right, range.left)) {
        ++first;
    }
    std::size_t last = first;
    while (last < size_ && at_or_before(ranges_[last].left, range.right)) {
        range.left = before(ranges_[last].left, range.left) ? ranges_[last].left : range.left;
        range.right = after(ranges_[last].right, range.right) ? ranges_[last].right : range.right;
        ++last;
    }
    const auto at = [this](std::size_t i) {
        return ranges_.begin() + static_cast<std::ptrdiff_t>(i);
    };
    if (first == last) {
        if (size_ == kCapacity) {
            return false;
        }
        std::move_backward(at(first), at(size_), at(size_ + 1));
        ++size_;
    } else {
        std::move(at(last), at(size_), at(first + 1));
        size_ -= last - first - 1;
    }
    ranges_[first] = range;
    return true;
}

void SequenceRanges::remove_before(std::uint32_t sequence) {
    std::size_t kept = 0;
    for (std::size_t i = 0; i < size_; ++i) {
        SequenceRange range = ranges_[i];
        if (at_or_before(range.right, sequence)) {
            continue;
        }
        if (before(range.left, sequence)) {
            range.left = sequence;
        }
        ranges_[kept++] = range;
    }
    size_ = kept;
}

bool SequenceRanges::contains(SequenceRange range) const {
    return std::any_of(all().begin(), all().end(), [&](const SequenceRange& held) {
        return at_or_before(held.left, range.left) && at_or_after(held.right, range.right);
    });
}

std::uint32_t SequenceRanges::missing_in(SequenceRange range) const {
    if (!before(range.left, range.right)) {
        return 0;
    }
    std::uint32_t missing = range.size();
    for (const SequenceRange& held : all()) {
        const std::uint32_t left = after(held.left, range.left) ? held.left : range.left;
        const std::uint32_t right = before(held.right, range.right) ? held.right : range.right;
        if (before(left, right)) {
            missing -= right - left;
        }
    }
    return missing;
}

SequenceRange SequenceRanges::first_missing_in(SequenceRange range) const {
    for (const SequenceRange& held : all()) {
        if (at_or_before(held.right, range.left)) {
            continue;
        }
        if (after(held.left, range.left)) {
            range.right = before(held.left, range.right) ? held.left : range.right;
            break;
        }
        range.left = held.right;
    }
    if (!before(range.left, range.right)) {
        return {range.right, range.right};
    }
    return range;
}

bool SequenceRanges::is_consistent() const {
    for (std::size_t i = 0; i < size_; ++i) {
        if (!before(ranges_[i].left, ranges_[i].right) ||
            (i > 0 && !before(ranges_[i - 1].right, ranges_[i].left))) {
            return false;
        }
    }
    return true;
}

}  // namespace tcpdx::endpoint
