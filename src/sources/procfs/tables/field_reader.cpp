#include "sources/procfs/tables/field_reader.h"

#include <algorithm>

namespace tcpdx::proc_tables {
namespace {

// 16 for "not a digit", which is no digit in base 10 or 16.
unsigned digit_value(char c) {
    if (c >= '0' && c <= '9') {
        return static_cast<unsigned>(c - '0');
    }
    if (c >= 'a' && c <= 'f') {
        return static_cast<unsigned>(c - 'a') + 10;
    }
    if (c >= 'A' && c <= 'F') {
        return static_cast<unsigned>(c - 'A') + 10;
    }
    return 16;
}

}  // namespace

bool is_blank(char c) {
    return c == ' ' || (c >= '\t' && c <= '\r');
}

void FieldReader::skip_blanks() {
    const auto* const first = std::find_if_not(rest_.begin(), rest_.end(), is_blank);
    rest_.remove_prefix(static_cast<std::size_t>(first - rest_.begin()));
}

std::string_view FieldReader::word() {
    if (!ok_) {
        return {};
    }
    skip_blanks();
    const auto* const end = std::find_if(rest_.begin(), rest_.end(), is_blank);
    const std::string_view found = rest_.substr(0, static_cast<std::size_t>(end - rest_.begin()));
    rest_.remove_prefix(found.size());
    ok_ = !found.empty();
    return found;
}

std::string_view FieldReader::hex_digits() {
    constexpr std::size_t kLongest = 64;
    if (!ok_) {
        return {};
    }
    skip_blanks();
    std::size_t length = 0;
    while (length < std::min(kLongest, rest_.size()) && digit_value(rest_[length]) < 16) {
        ++length;
    }
    const std::string_view found = rest_.substr(0, length);
    rest_.remove_prefix(length);
    ok_ = length > 0;
    return found;
}

std::uint64_t FieldReader::number(unsigned base) {
    if (!ok_) {
        return 0;
    }
    skip_blanks();
    std::uint64_t value = 0;
    std::size_t length = 0;
    while (length < rest_.size() && digit_value(rest_[length]) < base) {
        value = value * base + digit_value(rest_[length]);
        ++length;
    }
    rest_.remove_prefix(length);
    ok_ = length > 0;
    return value;
}

std::int32_t FieldReader::integer() {
    if (ok_) {
        skip_blanks();
    }
    const bool negative = ok_ && !rest_.empty() && rest_.front() == '-';
    if (negative) {
        rest_.remove_prefix(1);
    }
    const auto value = static_cast<std::uint32_t>(decimal());
    return static_cast<std::int32_t>(negative ? 0U - value : value);
}

void FieldReader::literal(char expected) {
    ok_ = ok_ && !rest_.empty() && rest_.front() == expected;
    if (ok_) {
        rest_.remove_prefix(1);
    }
}

}  // namespace tcpdx::proc_tables
