#include "presentation/list/order.h"

#include <algorithm>
#include <string>

#include "base/i18n.h"

namespace tcpdx {
namespace {

int compare(const FieldValue& a, const FieldValue& b) {
    if (a.kind == FieldValue::Kind::Text && b.kind == FieldValue::Kind::Text) {
        return a.text.compare(b.text);
    }
    return a.number < b.number ? -1 : static_cast<int>(a.number > b.number);
}

}  // namespace

Result<SortKeys, ColumnError> choose_order(std::string_view text) {
    SortKeys keys;
    for (;;) {
        const std::size_t comma = text.find(',');
        std::string_view name = text.substr(0, comma);
        SortKey key;
        if (name.starts_with('-') || name.starts_with('+')) {
            key.descending = name.front() == '-';
            name.remove_prefix(1);
        }
        key.column = find_column(name);
        if (key.column == nullptr) {
            return unexpected(
                ColumnError{{.text = N_("unknown column '{0}'"), .values = {std::string(name)}}});
        }
        keys.push_back(key);
        if (comma == std::string_view::npos) {
            return keys;
        }
        text.remove_prefix(comma + 1);
    }
}

Sorter::Sorter(ConnectionWriter& next, SortKeys keys, std::optional<std::size_t> limit,
               const ListContext& context)
    : next_(next), keys_(std::move(keys)), limit_(limit), context_(context) {}

bool Sorter::is_before(const Held& a, const Held& b) const {
    for (const SortKey& key : keys_) {
        Scratch scratch_a;
        Scratch scratch_b;
        const FieldValue left = sort_value(*key.column, a.connection, context_, scratch_a);
        const FieldValue right = sort_value(*key.column, b.connection, context_, scratch_b);
        const bool left_known = left.kind != FieldValue::Kind::Absent;
        const bool right_known = right.kind != FieldValue::Kind::Absent;
        if (left_known != right_known) {
            return left_known;
        }
        const int order = left_known ? compare(left, right) : 0;
        if (order != 0) {
            return key.descending ? order > 0 : order < 0;
        }
    }
    return a.arrival < b.arrival;
}

void Sorter::add(const Connection& connection) {
    held_.push_back({.connection = connection, .arrival = arrivals_++});
    constexpr std::size_t kFewest = 4096;
    if (limit_ && held_.size() >= std::max(2 * std::min(*limit_, SIZE_MAX / 4), kFewest)) {
        drop_beyond_limit();
    }
}

void Sorter::drop_beyond_limit() {
    const std::size_t kept = std::min(*limit_, held_.size());
    std::nth_element(held_.begin(), held_.begin() + static_cast<std::ptrdiff_t>(kept), held_.end(),
                     [this](const Held& a, const Held& b) { return is_before(a, b); });
    held_.resize(kept);
}

void Sorter::finish(bool table_changed) {
    if (limit_) {
        drop_beyond_limit();
    }
    std::sort(held_.begin(), held_.end(),
              [this](const Held& a, const Held& b) { return is_before(a, b); });
    for (const Held& each : held_) {
        next_.add(each.connection);
    }
    next_.finish(table_changed);
}

}  // namespace tcpdx
