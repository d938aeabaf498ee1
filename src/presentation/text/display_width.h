#pragma once

// Columns on a terminal. A Korean syllable takes two, a combining mark none, and neither bytes nor
// characters say which, so everything that lines up text pads by these. Independent of the locale:
// the widths are Unicode's, so `--lang ko` lines up where no locale is installed.

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace tcpdx {

// Colour sequences (ESC [ ... letter) and control characters take no column. Bytes that are not
// UTF-8 take one each, as terminals show them as one replacement character.
[[nodiscard]] std::size_t display_width(std::string_view utf8);

// Spaces after (or before) the text until it is `width` columns wide. A wider text stays whole.
[[nodiscard]] std::string pad_right(std::string_view utf8, std::size_t width);
[[nodiscard]] std::string pad_left(std::string_view utf8, std::size_t width);
[[nodiscard]] std::string pad_centre(std::string_view utf8, std::size_t width);

// At most `width` columns, with `mark` as the last of them when something was cut off. May be one
// column narrower, where a two-column character does not fit.
[[nodiscard]] std::string truncate_to_width(std::string_view utf8, std::size_t width,
                                            std::string_view mark = "…");

// Lines of at most `width` columns, broken at spaces. Korean too is broken at its spaces; only a
// word wider than a whole line is broken inside, between characters. A newline in the text starts a
// new line. At least one line, which may be empty.
[[nodiscard]] std::vector<std::string> wrap_text(std::string_view utf8, std::size_t width);

}  // namespace tcpdx
