#include "app/amounts.h"

#include <charconv>
#include <cmath>
#include <cstdio>
#include <ctime>
#include <string>

namespace tcpdx::app {
namespace {

using std::chrono::microseconds;
using std::chrono::seconds;

// All of it, or nothing.
template <class Number>
std::optional<Number> number(std::string_view text) {
    Number value{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size()) {
        return std::nullopt;
    }
    return value;
}

// What follows a date and a time: "Z", "+09:00", or nothing for the zone of this host.
std::optional<std::time_t> with_zone(std::tm parts, std::string_view zone) {
    if (zone.empty()) {
        parts.tm_isdst = -1;
        return std::mktime(&parts);
    }
    if (zone == "Z" || zone == "z") {
        return ::timegm(&parts);
    }
    const bool fits = zone.size() == 6 && (zone[0] == '+' || zone[0] == '-') && zone[3] == ':';
    const auto hours = fits ? number<int>(zone.substr(1, 2)) : std::nullopt;
    const auto minutes = fits ? number<int>(zone.substr(4, 2)) : std::nullopt;
    if (!hours || !minutes) {
        return std::nullopt;
    }
    const int offset = (*hours * 60 + *minutes) * 60;
    return ::timegm(&parts) - (zone[0] == '+' ? offset : -offset);
}

// "03:12" or "03:12:30.5" into `parts`; gives the fraction, and cuts what it has read.
std::optional<microseconds> take_time_of_day(std::string_view& text, std::tm& parts) {
    const auto two = [&](std::size_t at) {
        return at + 2 <= text.size() ? number<int>(text.substr(at, 2)) : std::nullopt;
    };
    const auto hour = two(0);
    const auto minute = text.size() > 2 && text[2] == ':' ? two(3) : std::nullopt;
    if (!hour || !minute || *hour > 23 || *minute > 59) {
        return std::nullopt;
    }
    parts.tm_hour = *hour;
    parts.tm_min = *minute;
    parts.tm_sec = 0;
    text.remove_prefix(5);
    microseconds fraction{0};
    if (text.starts_with(':')) {
        text.remove_prefix(1);
        const auto second = two(0);
        if (!second || *second > 60) {
            return std::nullopt;
        }
        parts.tm_sec = *second;
        text.remove_prefix(2);
        if (text.starts_with('.')) {
            text.remove_prefix(1);
            long scale = 100'000;
            while (!text.empty() && text[0] >= '0' && text[0] <= '9') {
                fraction += microseconds((text[0] - '0') * scale);
                scale /= 10;
                text.remove_prefix(1);
            }
        }
    }
    return fraction;
}

std::optional<microseconds> parse_date(std::string_view text) {
    const auto year = text.size() >= 16 ? number<int>(text.substr(0, 4)) : std::nullopt;
    const auto month = year ? number<int>(text.substr(5, 2)) : std::nullopt;
    const auto day = month ? number<int>(text.substr(8, 2)) : std::nullopt;
    if (!day || text[4] != '-' || text[7] != '-' || (text[10] != 'T' && text[10] != ' ') ||
        *month < 1 || *month > 12 || *day < 1 || *day > 31 || *year < 1970) {
        return std::nullopt;
    }
    std::tm parts{};
    parts.tm_year = *year - 1900;
    parts.tm_mon = *month - 1;
    parts.tm_mday = *day;
    std::string_view rest = text.substr(11);
    const auto fraction = take_time_of_day(rest, parts);
    const auto whole = fraction ? with_zone(parts, rest) : std::nullopt;
    return whole ? std::optional(seconds(*whole) + *fraction) : std::nullopt;
}

std::optional<microseconds> parse_time_of_day(std::string_view text, microseconds now) {
    constexpr std::time_t kDay = 24L * 3600;
    const std::time_t today = std::chrono::duration_cast<seconds>(now).count();
    std::tm parts{};
    ::localtime_r(&today, &parts);
    const auto fraction = take_time_of_day(text, parts);
    if (!fraction || !text.empty()) {
        return std::nullopt;
    }
    parts.tm_isdst = -1;
    const std::time_t moment = std::mktime(&parts);
    return seconds(moment > today ? moment - kDay : moment) + *fraction;
}

}  // namespace

std::optional<seconds> parse_duration(std::string_view text) {
    long scale = 1;
    if (!text.empty()) {
        switch (text.back()) {
            case 's':
                scale = 1;
                break;
            case 'm':
                scale = 60;
                break;
            case 'h':
                scale = 3600;
                break;
            case 'd':
                scale = 86400;
                break;
            default:
                scale = 0;
        }
    }
    if (scale == 0) {
        scale = 1;
    } else if (!text.empty()) {
        text.remove_suffix(1);
    }
    const auto count = number<std::uint32_t>(text);
    // Beyond that it is a mistake, and would not fit where it is counted in microseconds.
    constexpr long kLongest = 100L * 366 * 86400;
    return count && *count <= kLongest / scale ? std::optional(seconds(*count * scale))
                                               : std::nullopt;
}

std::optional<std::uint64_t> parse_size(std::string_view text) {
    unsigned shift = 0;
    if (!text.empty()) {
        const char unit = text.back();
        shift = unit == 'k' || unit == 'K' ? 10 : unit == 'M' ? 20 : unit == 'G' ? 30 : 0;
        text.remove_suffix(shift > 0 ? 1 : 0);
    }
    const auto count = number<std::uint32_t>(text);
    return count ? std::optional(std::uint64_t{*count} << shift) : std::nullopt;
}

std::optional<microseconds> parse_moment(std::string_view text, microseconds now) {
    if (text == "now") {
        return now;
    }
    if (text.starts_with('-')) {
        const auto before = parse_duration(text.substr(1));
        return before ? std::optional(now - *before) : std::nullopt;
    }
    if (const auto ago =
            text.ends_with('s') || text.ends_with('m') || text.ends_with('h') || text.ends_with('d')
                ? parse_duration(text)
                : std::nullopt) {
        return now - *ago;
    }
    if (const auto number_of_seconds = number<double>(text)) {
        // Up to the year 9999.
        if (!(*number_of_seconds >= 0 && *number_of_seconds < 253402300800.0)) {
            return std::nullopt;
        }
        return microseconds(std::llround(*number_of_seconds * 1e6));
    }
    if (const auto date = parse_date(text)) {
        return date;
    }
    return parse_time_of_day(text, now);
}

}  // namespace tcpdx::app
