#include "presentation/list/duration_format.h"

#include <charconv>
#include <cstring>

#include "base/i18n.h"
#include "presentation/i18n.h"

namespace tcpdx {
namespace {

// Two durations of up to six pieces have to fit into kMostBytes.
constexpr std::size_t kMostLiteralBytes = 12;

char* append_text(char* out, std::string_view text) {
    std::memcpy(out, text.data(), text.size());
    return out + text.size();
}

}  // namespace

DurationFormat::DurationFormat()
    : milliseconds_(take_apart(_("{0} ms"))),
      tenths_(take_apart(_("{0}.{1} s"))),
      seconds_(take_apart(_("{0} s"))),
      minutes_(take_apart(_("{0} m {1} s"))),
      hours_(take_apart(_("{0} h {1} m"))),
      days_(take_apart(_("{0} d {1} h"))),
      about_(can_show_unicode() ? "≈ " : "~ "),
      at_least_(can_show_unicode() ? "≥ " : ">= ") {}

DurationFormat::Pattern DurationFormat::take_apart(std::string_view text) {
    Pattern pattern;
    while (!text.empty() && pattern.size() < 3) {
        const std::size_t brace = text.find('{');
        Piece piece{.literal = std::string(text.substr(0, std::min(brace, kMostLiteralBytes)))};
        if (brace == std::string_view::npos || brace + 3 > text.size()) {
            pattern.push_back(std::move(piece));
            break;
        }
        piece.field = text[brace + 1] == '1' ? 1 : 0;
        pattern.push_back(std::move(piece));
        text.remove_prefix(brace + 3);
    }
    return pattern;
}

char* DurationFormat::fill(char* out, const Pattern& pattern, long first, long second) {
    for (const Piece& piece : pattern) {
        out = append_text(out, piece.literal);
        if (piece.field >= 0) {
            out = std::to_chars(out, out + 20, piece.field == 0 ? first : second).ptr;
        }
    }
    return out;
}

char* DurationFormat::append(char* out, std::chrono::milliseconds duration) const {
    const long milliseconds = duration.count();
    if (milliseconds < 1000) {
        return fill(out, milliseconds_, milliseconds, 0);
    }
    const long seconds = milliseconds / 1000;
    if (seconds < 10) {
        return fill(out, tenths_, seconds, milliseconds % 1000 / 100);
    }
    if (seconds < 120) {
        return fill(out, seconds_, seconds, 0);
    }
    const long minutes = seconds / 60;
    if (minutes < 60) {
        return fill(out, minutes_, minutes, seconds % 60);
    }
    const long hours = minutes / 60;
    if (hours < 48) {
        return fill(out, hours_, hours, minutes % 60);
    }
    return fill(out, days_, hours / 24, hours % 24);
}

char* DurationFormat::append(char* out, const Age& age) const {
    if (!age.lower) {
        *out++ = '-';
        return out;
    }
    if (age.is_exact()) {
        return append(out, *age.lower);
    }
    if (!age.upper) {
        return append(append_text(out, at_least_), *age.lower);
    }
    if (*age.upper - *age.lower > std::chrono::seconds(2)) {
        char* const lower_end = append(out, *age.lower);
        char* const upper = append_text(lower_end, " .. ");
        char* const upper_end = append(upper, *age.upper);
        if (std::string_view(out, lower_end) != std::string_view(upper, upper_end)) {
            return upper_end;
        }
    }
    return append(append_text(out, about_), *age.lower);
}

}  // namespace tcpdx
