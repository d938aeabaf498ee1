#include "presentation/text/display_width.h"

#include <algorithm>
#include <iterator>

#include "presentation/text/width_tables.h"

namespace tcpdx {
namespace {

// One thing that a terminal draws or obeys as a whole.
struct Glyph {
    std::size_t bytes = 1;
    std::size_t columns = 1;
};

template <std::size_t size>
bool contains(const CodeRange (&table)[size], char32_t code) {
    const CodeRange* found =
        std::lower_bound(std::begin(table), std::end(table), code,
                         [](const CodeRange& range, char32_t value) { return range.last < value; });
    return found != std::end(table) && found->first <= code;
}

std::size_t columns_of(char32_t code) {
    if (code < 0xa0) {
        return 0;  // C1 controls; ASCII never comes here
    }
    if (contains(kZeroWidth, code)) {
        return 0;
    }
    return contains(kWide, code) ? 2 : 1;
}

// ESC [ parameters final: what colours are made of. `text` starts at ESC. Sequences with
// intermediate bytes are not for colours, and a space among those is where a line may be broken.
std::size_t escape_sequence_bytes(std::string_view text) {
    if (text.size() < 2 || text[1] != '[') {
        return 1;
    }
    std::size_t size = 2;
    while (size < text.size() && text[size] >= 0x30 && text[size] <= 0x3f) {
        ++size;
    }
    return size < text.size() && text[size] >= 0x40 && text[size] <= 0x7e ? size + 1 : 1;
}

Glyph first_glyph(std::string_view text) {
    const auto byte = [&](std::size_t index) { return static_cast<unsigned char>(text[index]); };
    const unsigned char lead = byte(0);
    if (lead < 0x80) {
        if (lead == 0x1b) {
            return {escape_sequence_bytes(text), 0};
        }
        return {1, lead < 0x20 || lead == 0x7f ? std::size_t{0} : std::size_t{1}};
    }

    std::size_t bytes = 0;
    char32_t code = 0;
    char32_t smallest = 0;  // shorter spellings of a code point are not UTF-8
    if (lead >= 0xc2 && lead <= 0xdf) {
        bytes = 2, code = lead & 0x1fU, smallest = 0x80;
    } else if ((lead & 0xf0U) == 0xe0U) {
        bytes = 3, code = lead & 0x0fU, smallest = 0x800;
    } else if (lead >= 0xf0 && lead <= 0xf4) {
        bytes = 4, code = lead & 0x07U, smallest = 0x10000;
    }
    if (bytes == 0 || text.size() < bytes) {
        return {1, 1};
    }
    for (std::size_t index = 1; index < bytes; ++index) {
        if ((byte(index) & 0xc0U) != 0x80U) {
            return {1, 1};
        }
        code = code << 6U | (byte(index) & 0x3fU);
    }
    if (code < smallest || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) {
        return {1, 1};
    }
    return {bytes, columns_of(code)};
}

// The longest beginning of `text` that is at most `width` columns wide. Marks that join the last
// character fitted stay with it.
std::string_view fitting(std::string_view text, std::size_t width) {
    std::size_t size = 0;
    std::size_t columns = 0;
    while (size < text.size()) {
        const Glyph glyph = first_glyph(text.substr(size));
        if (columns + glyph.columns > width) {
            break;
        }
        size += glyph.bytes;
        columns += glyph.columns;
    }
    return text.substr(0, size);
}

// Fills `lines` with one paragraph, which has no newline in it.
void wrap_paragraph(std::string_view text, std::size_t width, std::vector<std::string>& lines) {
    std::string line;
    std::size_t columns = 0;
    const auto finish_line = [&] {
        lines.push_back(std::move(line));
        line.clear();
        columns = 0;
    };
    const std::size_t first_line = lines.size();
    while (!text.empty()) {
        const std::size_t start = text.find_first_not_of(' ');
        if (start == std::string_view::npos) {
            break;
        }
        text.remove_prefix(start);
        std::string_view word = text.substr(0, text.find(' '));
        text.remove_prefix(word.size());

        const std::size_t word_columns = display_width(word);
        if (columns > 0 && columns + 1 + word_columns > width) {
            finish_line();
        } else if (columns > 0) {
            line += ' ';
            ++columns;
        }
        while (display_width(word) > width) {
            std::string_view part = fitting(word, width);
            if (part.empty()) {
                // A two-column character on a one-column line: too wide beats never ending.
                part = word.substr(0, first_glyph(word).bytes);
            }
            line += part;
            word.remove_prefix(part.size());
            finish_line();
        }
        line += word;
        columns += display_width(word);
    }
    if (!line.empty() || lines.size() == first_line) {
        finish_line();
    }
}

}  // namespace

std::size_t display_width(std::string_view utf8) {
    std::size_t columns = 0;
    while (!utf8.empty()) {
        const Glyph glyph = first_glyph(utf8);
        columns += glyph.columns;
        utf8.remove_prefix(glyph.bytes);
    }
    return columns;
}

std::string pad_right(std::string_view utf8, std::size_t width) {
    const std::size_t columns = display_width(utf8);
    std::string padded(utf8);
    padded.append(width - std::min(width, columns), ' ');
    return padded;
}

std::string pad_left(std::string_view utf8, std::size_t width) {
    const std::size_t columns = display_width(utf8);
    std::string padded(width - std::min(width, columns), ' ');
    padded += utf8;
    return padded;
}

std::string pad_centre(std::string_view utf8, std::size_t width) {
    const std::size_t columns = display_width(utf8);
    const std::size_t missing = width - std::min(width, columns);
    return pad_right(std::string(missing / 2, ' ').append(utf8), width);
}

std::string truncate_to_width(std::string_view utf8, std::size_t width, std::string_view mark) {
    if (display_width(utf8) <= width) {
        return std::string(utf8);
    }
    const std::size_t mark_columns = display_width(mark);
    if (mark_columns > width) {
        return std::string(fitting(utf8, width));
    }
    return std::string(fitting(utf8, width - mark_columns)).append(mark);
}

std::vector<std::string> wrap_text(std::string_view utf8, std::size_t width) {
    std::vector<std::string> lines;
    const std::size_t usable = std::max<std::size_t>(width, 1);
    while (true) {
        const std::size_t end = utf8.find('\n');
        wrap_paragraph(utf8.substr(0, end), usable, lines);
        if (end == std::string_view::npos) {
            return lines;
        }
        utf8.remove_prefix(end + 1);
    }
}

}  // namespace tcpdx
