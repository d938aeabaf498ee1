#include "presentation/trace/trace_time.h"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <string_view>

#include "presentation/i18n.h"

namespace tcpdx::trace {
namespace {

char* append_text(char* out, std::string_view text) {
    std::memcpy(out, text.data(), text.size());
    return out + text.size();
}

void write_digits(char* out, std::int64_t number, int digits) {
    for (int i = digits - 1; i >= 0; --i) {
        out[i] = static_cast<char>('0' + number % 10);
        number /= 10;
    }
}

}  // namespace

char* TraceClock::append_time_of_day(char* out, Time time) const {
    const std::int64_t us = since_epoch(time).count();
    const auto second = static_cast<std::time_t>(us / 1'000'000);
    if (second != second_) {
        std::tm local{};
        ::localtime_r(&second, &local);
        write_digits(text_, local.tm_hour, 2);
        write_digits(text_ + 3, local.tm_min, 2);
        write_digits(text_ + 6, local.tm_sec, 2);
        text_[2] = text_[5] = ':';
        second_ = second;
    }
    std::memcpy(out, text_, sizeof(text_));
    out[8] = '.';
    write_digits(out + 9, us % 1'000'000, 6);
    return out + 15;
}

char* DwellFormat::append(char* out, Time time) const {
    const std::int64_t us = time.count() / 1000;
    if (us < 1000) {
        return append_text(std::to_chars(out, out + 20, us).ptr, " us");
    }
    if (us < 100'000) {
        out = std::to_chars(out, out + 20, us / 1000).ptr;
        *out++ = '.';
        write_digits(out, us % 1000 / 10, 2);
        return append_text(out + 2, " ms");
    }
    return long_.append(out, std::chrono::duration_cast<std::chrono::milliseconds>(time));
}

char* DwellFormat::append(char* out, const Dwell& dwell) const {
    if (!dwell.lower) {
        *out++ = '-';
        return out;
    }
    if (dwell.is_exact()) {
        return append(out, *dwell.lower);
    }
    if (!dwell.upper) {
        return append(append_text(out, can_show_unicode() ? "≥ " : ">= "), *dwell.lower);
    }
    // Bounds that differ by less than a hundredth tell nothing that one number does not.
    if (*dwell.upper - *dwell.lower < *dwell.lower / 100) {
        return append(append_text(out, can_show_unicode() ? "≈ " : "~ "), *dwell.lower);
    }
    return append(append_text(append(out, *dwell.lower), " .. "), *dwell.upper);
}

std::string render(const Dwell& dwell) {
    char text[2 * DurationFormat::kMostBytes];
    const DwellFormat format;
    return {text, format.append(text, dwell)};
}

}  // namespace tcpdx::trace
