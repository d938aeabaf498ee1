#include "endpoint/receiver.h"

#include <algorithm>

#include "wire/sequence.h"

namespace tcpdx::endpoint {

using wire::after;
using wire::before;

namespace {

constexpr std::uint32_t kMaxUnscaledWindow = 0xffff;
constexpr std::size_t kLargestSegment = 0x10000;

}  // namespace

Receiver::Receiver(std::size_t capacity, Rules rules)
    : rules_(rules), ring_(space_for(capacity)), limit_(capacity) {}

// Linux takes the last segment whole, however far behind the window it ends.
std::size_t Receiver::space_for(std::size_t capacity) const {
    return rules_ == Rules::Linux ? capacity + kLargestSegment : capacity;
}

void Receiver::begin(std::uint32_t initial_sequence) {
    const std::uint32_t offered = window();  // by a SYN that was sent before this one came
    irs_ = initial_sequence;
    next_ = initial_sequence + 1;
    edge_ = next_ + offered;
}

void Receiver::discard() {
    ring_.drop(ring_.size());
    discarding_ = true;
}

void Receiver::hold(std::uint32_t sequence, std::span<const std::byte> text, bool fin) {
    const auto room = text.first(std::min<std::size_t>(text.size(), window()));
    if (!room.empty()) {
        ring_.write_ahead(sequence - next_, room);
        early_.add({sequence, sequence + static_cast<std::uint32_t>(room.size())});
    }
    if (fin && room.size() == text.size()) {
        fin_ = sequence + static_cast<std::uint32_t>(text.size());
    }
}

Receiver::Effect Receiver::accept(std::uint32_t sequence, std::span<const std::byte> text,
                                  bool fin) {
    const bool whole = rules_ == Rules::Linux;
    const std::uint32_t end = sequence + static_cast<std::uint32_t>(text.size());
    if (whole && !before(sequence, edge_) && (sequence != next_ || !text.empty())) {
        return Effect::Nothing;  // right behind the window: its acknowledgment counts, no more
    }
    SequenceRange range{sequence, end};
    note_duplicate({sequence, end + (fin && whole ? 1 : 0)});
    if (before(range.left, next_)) {
        range.left = before(end, next_) ? end : next_;
    }
    const std::uint32_t edge =
        whole && !discarding_ ? next_ + static_cast<std::uint32_t>(ring_.free()) : edge_;
    if (after(range.right, edge)) {
        range.right = before(range.left, edge) ? edge : range.left;
    }
    const bool fin_fits = before(end, edge_) || (whole && range.right == end);
    // Of two FINs Linux believes the one that it reaches first.
    const bool fin_is_news = !fin_ || (whole && !fin_taken_ && before(end, *fin_));
    if (fin && fin_is_news && fin_fits && !before(end, next_)) {
        fin_ = end;
    }
    if (!whole && fin_ &&
        after(range.right, *fin_)) {  // text behind the FIN: the peer contradicts itself
        range.right = before(range.left, *fin_) ? *fin_ : range.left;
    }
    if (range.left == range.right) {
        const bool early_fin = fin && fin_ && *fin_ == end && before(next_, end);
        if (early_fin) {
            remember_recent(end);
        }
        return early_fin ? Effect::OutOfOrder : Effect::Nothing;
    }
    const bool in_order = range.left == next_;
    if (!early_.add(range)) {
        if (!in_order) {
            return Effect::OutOfOrder;  // as if it had been lost: a retransmission will come
        }
        early_.remove_last();
        early_.add(range);
    }
    if (!discarding_) {
        ring_.write_ahead(range.left - next_, text.subspan(range.left - sequence, range.size()));
    }
    if (!in_order) {
        remember_recent(range.left);
        return Effect::OutOfOrder;
    }
    return advance(range.right);
}

// RFC 2883, 4: the first part of a segment that had arrived before.
void Receiver::note_duplicate(SequenceRange segment) {
    if (segment.left == segment.right) {
        return;
    }
    if (before(segment.left, next_)) {
        duplicate_ = {segment.left, before(segment.right, next_) ? segment.right : next_};
        return;
    }
    for (const SequenceRange& early : early_.all()) {
        const SequenceRange held = as_told(early);
        const std::uint32_t left = before(segment.left, held.left) ? held.left : segment.left;
        const std::uint32_t right = before(segment.right, held.right) ? segment.right : held.right;
        if (before(left, right)) {
            duplicate_ = {left, right};
            return;
        }
    }
}

Receiver::Effect Receiver::release() {
    return advance(next_);
}

Receiver::Effect Receiver::advance(std::uint32_t end_of_segment) {
    if (early_.empty() || early_.all().front().left != next_) {
        return Effect::Nothing;
    }
    const std::uint32_t right = early_.all().front().right;
    if (!discarding_) {
        ring_.commit(right - next_);
    }
    next_ = right;
    if (after(next_, edge_)) {
        edge_ = next_;  // Linux' last segment
    }
    if (fin_ && before(*fin_, next_)) {
        duplicate_ = {*fin_, *fin_ + 1};  // Linux believes the text that contradicts it
        fin_.reset();
    }
    early_.remove_before(next_);
    return right != end_of_segment || !early_.empty() ? Effect::FilledGap : Effect::InOrder;
}

void Receiver::take_fin() {
    fin_taken_ = true;
    ++next_;
    early_.clear();
    if (before(edge_, next_)) {
        edge_ = next_;
    }
}

std::size_t Receiver::peek(std::span<std::byte> out) const {
    const std::size_t count = std::min(out.size(), ring_.size());
    ring_.peek(0, out.first(count));
    return count;
}

std::size_t Receiver::skip(std::size_t count) {
    count = std::min(count, ring_.size());
    ring_.drop(count);
    return count;
}

void Receiver::set_capacity(std::size_t bytes) {
    // What has been offered stays offered, so the ring itself only grows.
    if (space_for(bytes) > ring_.capacity() && early_.empty()) {
        ring_.set_capacity(space_for(bytes));
    }
    limit_ = bytes;
}

std::uint32_t Receiver::free() const {
    const std::size_t limit = std::min(capacity(), ring_.capacity());
    return static_cast<std::uint32_t>(limit - std::min(limit, ring_.size()));
}

std::uint32_t Receiver::best_edge(std::uint32_t segment_size) const {
    const std::uint32_t possible = next_ + free();
    const auto half = static_cast<std::uint32_t>(capacity() / 2);
    const std::uint32_t step = std::max(1U, std::min(segment_size, half));
    if (!after(possible, edge_) || possible - edge_ < step) {
        return edge_;
    }
    return possible;
}

std::uint16_t Receiver::offer_window(std::uint32_t segment_size, std::uint8_t shift) {
    std::uint32_t window = best_edge(segment_size) - next_;
    if (rules_ == Rules::Linux) {
        window += (1U << shift) - 1;  // __tcp_select_window() rounds up
    }
    const auto field = static_cast<std::uint16_t>(std::min(window >> shift, kMaxUnscaledWindow));
    const std::uint32_t offered = next_ + (std::uint32_t{field} << shift);
    // Scaling rounds down, so an offer made with another scale can lie a little behind. It is kept
    // nevertheless (RFC 7323, 2.4).
    if (after(offered, edge_)) {
        edge_ = offered;
    }
    return field;
}

bool Receiver::worth_an_update(std::uint32_t segment_size, std::uint8_t shift) const {
    if (fin_taken_) {
        return false;
    }
    const std::uint32_t best =
        std::min((best_edge(segment_size) - next_) >> shift, kMaxUnscaledWindow);
    const std::uint32_t offered = std::min(window() >> shift, kMaxUnscaledWindow);
    return best > 0 && best >= 2 * offered;
}

// RFC 2018, 4: each block is told once, the ones before the latest in the order in which they were
// the latest.
void Receiver::remember_recent(std::uint32_t sequence) {
    const auto recent = std::span(recent_).first(recent_count_);
    const auto of_other_blocks =
        std::remove_if(recent.begin(), recent.end(), [&](std::uint32_t earlier) {
            return earlier == sequence ||
                   early_.contains({std::min(earlier, sequence, before),
                                    std::max(earlier, sequence, before) + 1});
        });
    recent_count_ = std::min<std::size_t>(
        static_cast<std::size_t>(of_other_blocks - recent.begin()) + 1, recent_.size());
    std::move_backward(recent_.begin(),
                       recent_.begin() + static_cast<std::ptrdiff_t>(recent_count_) - 1,
                       recent_.begin() + static_cast<std::ptrdiff_t>(recent_count_));
    recent_[0] = sequence;
}

void Receiver::write_sack(wire::TcpOptions& options, std::size_t max_blocks) {
    // A duplicate comes first, and then the block that it is in, also where that is the same.
    const std::size_t first = duplicate_ ? 1 : 0;
    if (duplicate_) {
        options.sack[options.sack_blocks++] = {.left = duplicate_->left,
                                               .right = duplicate_->right};
        duplicate_.reset();
    }
    const auto put = [&](SequenceRange range) {
        const auto written = std::span(options.sack).subspan(first, options.sack_blocks - first);
        const wire::SackBlock block{.left = range.left, .right = range.right};
        if (options.sack_blocks < std::min(max_blocks, options.sack.size()) &&
            std::find(written.begin(), written.end(), block) == written.end()) {
            options.sack[options.sack_blocks++] = block;
        }
    };
    const auto early = early_.all();
    for (std::size_t i = 0; i < recent_count_; ++i) {
        for (const SequenceRange& range : early) {
            if (wire::in_range(recent_[i], range.left, as_told(range).size())) {
                put(as_told(range));
            }
        }
        if (fin_stands_alone() && recent_[i] == *fin_) {
            put({*fin_, *fin_ + 1});
        }
    }
    for (const SequenceRange& range : early) {
        put(as_told(range));
    }
    if (fin_stands_alone()) {
        put({*fin_, *fin_ + 1});
    }
}

// ---- an early FIN, of which only Linux tells

bool Receiver::tells_early_fin() const {
    return rules_ == Rules::Linux && fin_ && !fin_taken_ && *fin_ != next_;
}

bool Receiver::fin_stands_alone() const {
    const auto early = early_.all();
    return tells_early_fin() &&
           std::none_of(early.begin(), early.end(), [this](const SequenceRange& range) {
               return *fin_ - range.left <= range.size();
           });
}

SequenceRange Receiver::as_told(SequenceRange range) const {
    const bool with_fin = tells_early_fin() && range.right == *fin_;
    return {range.left, range.right + (with_fin ? 1 : 0)};
}

std::size_t Receiver::sack_blocks() const {
    return early_.all().size() + (fin_stands_alone() ? 1 : 0) + (duplicate_ ? 1 : 0);
}

std::uint32_t Receiver::rightmost() const {
    const std::uint32_t text = early_.empty() ? next_ : early_.all().back().right;
    return tells_early_fin() && !after(text, *fin_) ? *fin_ + 1 : text;
}

bool Receiver::is_consistent() const {
    const bool gaps_are_gaps = early_.empty() || !before(early_.all().front().left, next_);
    const bool inside =
        early_.empty() || rules_ == Rules::Linux || !after(early_.all().back().right, edge_);
    return early_.is_consistent() && gaps_are_gaps && inside && !before(edge_, next_) &&
           ring_.size() <= ring_.capacity() && (!fin_taken_ || fin_);
}

}  // namespace tcpdx::endpoint
