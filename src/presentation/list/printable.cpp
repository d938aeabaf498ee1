#include "presentation/list/printable.h"

#include <algorithm>
#include <cstring>

namespace tcpdx {
namespace {

constexpr bool is_control(unsigned char byte) {
    return byte < 0x20 || byte == 0x7f;
}

char* append(char* out, std::string_view text) {
    std::memcpy(out, text.data(), text.size());
    return out + text.size();
}

// Bytes of the valid UTF-8 character at the start of `text`; 0 when there is none.
std::size_t character_bytes(std::string_view text) {
    const auto at = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const unsigned char lead = at(0);
    std::size_t size = 0;
    if (lead < 0x80) {
        return 1;
    }
    if (lead >= 0xc2 && lead <= 0xdf) {
        size = 2;
    } else if (lead >= 0xe0 && lead <= 0xef) {
        size = 3;
    } else if (lead >= 0xf0 && lead <= 0xf4) {
        size = 4;
    }
    if (size == 0 || text.size() < size) {
        return 0;
    }
    for (std::size_t i = 1; i < size; ++i) {
        if ((at(i) & 0xc0) != 0x80) {
            return 0;
        }
    }
    // Longer spellings than needed, halves of surrogate pairs, and beyond the last code point.
    const bool wrong = (lead == 0xe0 && at(1) < 0xa0) || (lead == 0xed && at(1) > 0x9f) ||
                       (lead == 0xf0 && at(1) < 0x90) || (lead == 0xf4 && at(1) > 0x8f);
    return wrong ? 0 : size;
}

}  // namespace

char* append_printable(char* out, std::string_view text, std::size_t most) {
    const char* const limit = out + most;
    while (!text.empty()) {
        const std::size_t size = std::max<std::size_t>(character_bytes(text), 1);
        if (static_cast<std::size_t>(limit - out) < size) {
            break;
        }
        const auto lead = static_cast<unsigned char>(text.front());
        // U+0080 to U+009F are control characters too.
        const bool c1 = lead == 0xc2 && size == 2 && static_cast<unsigned char>(text[1]) < 0xa0;
        if (is_control(lead) || c1 || (lead >= 0x80 && size == 1)) {
            *out++ = '?';
        } else {
            out = append(out, text.substr(0, size));
        }
        text.remove_prefix(size);
    }
    return out;
}

char* append_json_string(char* out, std::string_view text) {
    static constexpr char kHex[] = "0123456789abcdef";
    *out++ = '"';
    while (!text.empty()) {
        const std::size_t size = character_bytes(text);
        const char c = text.front();
        if (size == 0) {
            out = append(out, "\\ufffd");
        } else if (c == '"' || c == '\\') {
            *out++ = '\\';
            *out++ = c;
        } else if (is_control(static_cast<unsigned char>(c))) {
            out = append(out, "\\u00");
            *out++ = kHex[static_cast<unsigned char>(c) >> 4];
            *out++ = kHex[static_cast<unsigned char>(c) & 0xf];
        } else {
            out = append(out, text.substr(0, size));
        }
        text.remove_prefix(std::max<std::size_t>(size, 1));
    }
    *out++ = '"';
    return out;
}

char* append_csv_text(char* out, std::string_view text) {
    if (text.find_first_of("\",\r\n") == std::string_view::npos) {
        return append(out, text);
    }
    *out++ = '"';
    for (const char c : text) {
        if (c == '"') {
            *out++ = '"';
        }
        *out++ = c;
    }
    *out++ = '"';
    return out;
}

}  // namespace tcpdx
