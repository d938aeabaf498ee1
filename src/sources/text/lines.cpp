#include "sources/text/lines.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "sources/text/tokens.h"

namespace tcpdx::text {
namespace {

constexpr char kEscape = '\x1b';

// Bytes that make a line need rewriting. Everything else is passed through as it is, without a
// copy: nearly all lines of a large listing.
constexpr std::array<bool, 256> make_suspicious() {
    std::array<bool, 256> table{};
    for (unsigned c = 0; c < 0x20; ++c) {
        table[c] = c != '\t';
    }
    table[0x7f] = true;
    for (const char c : {'\\', '&', '<'}) {
        table[static_cast<unsigned char>(c)] = true;
    }
    // First bytes of no-break space, of the other blanks of Unicode and of the byte order mark.
    for (const unsigned c : {0xc2U, 0xe2U, 0xe3U, 0xefU}) {
        table[c] = true;
    }
    return table;
}

constexpr std::array<bool, 256> kSuspicious = make_suspicious();

bool needs_cleaning(std::string_view line) {
    return std::any_of(line.begin(), line.end(),
                       [](char c) { return kSuspicious[static_cast<unsigned char>(c)]; });
}

// Length of the escape sequence (ECMA-48) at the start of `text`, which begins with ESC.
std::size_t escape_length(std::string_view text) {
    if (text.size() < 2) {
        return 1;
    }
    if (text[1] == '[') {
        std::size_t end = 2;
        while (end < text.size() && text[end] >= 0x20 && text[end] < 0x40) {
            ++end;
        }
        return std::min(end + 1, text.size());
    }
    if (text[1] == ']') {  // a window title, up to BEL
        const std::size_t end = text.find('\a');
        return end == std::string_view::npos ? text.size() : end + 1;
    }
    return 2;
}

struct Replacement {
    std::string_view from;
    std::string_view to;
};

// HTML in forum dumps, and blanks that are not ASCII.
constexpr Replacement kReplacements[] = {
    {"&gt;", ">"},
    {"&lt;", "<"},
    {"&amp;", "&"},
    {"&nbsp;", " "},
    {"&quot;", "\""},
    {"<br>", " "},
    {"<br/>", " "},
    {"<br />", " "},
    {"<pre>", " "},
    {"</pre>", " "},
    {"<code>", " "},
    {"</code>", " "},
    {"\xc2\xa0", " "},
    {"\xe3\x80\x80", " "},
    {"\xe2\x80\x8b", ""},
    {"\xe2\x80\x83", " "},
    {"\xe2\x80\x82", " "},
    {"\xe2\x80\xaf", " "},
    {"\xe2\x80\x89", " "},
    {"\xef\xbb\xbf", ""},
    {"\xe2\x86\x92", "->"},
    // Line ends within a string of JSON or of a log, where a row follows. (A path of Windows may
    // have "\\n" too.)
    {"\\r\\n", " "},
    {"\\ntcp", " tcp"},
    {"\\nudp", " udp"},
    {"\\n  TCP", "  TCP"},
    {"\\n  UDP", "  UDP"},
    {"\\nESTAB", " ESTAB"},
    {"\\nLISTEN", " LISTEN"},
    {"\\nTIME-WAIT", " TIME-WAIT"},
    {"\\nCLOSE-WAIT", " CLOSE-WAIT"},
    {"\\nFIN-WAIT", " FIN-WAIT"},
    {"\\nLAST-ACK", " LAST-ACK"},
    {"\\nSYN-", " SYN-"},
    {"\\nunix", " unix"},
};

void rewrite(std::string_view line, std::string& out) {
    out.clear();
    while (!line.empty()) {
        const char c = line.front();
        if (!kSuspicious[static_cast<unsigned char>(c)]) {
            out += c;
            line.remove_prefix(1);
            continue;
        }
        if (c == kEscape) {
            line.remove_prefix(escape_length(line));
            continue;
        }
        const auto* const found =
            std::find_if(std::begin(kReplacements), std::end(kReplacements),
                         [&](const Replacement& one) { return line.starts_with(one.from); });
        if (found != std::end(kReplacements)) {
            out += found->to;
            line.remove_prefix(found->from.size());
            continue;
        }
        if (line == "\\n" || line == "\\n\"") {
            return;
        }
        // Markdown: "0.0.0.0:\*". A path of Windows keeps its backslashes.
        const bool escape =
            c == '\\' && line.size() > 1 && std::strchr("*_[]<>#-.|~`", line[1]) != nullptr;
        if (static_cast<unsigned char>(c) >= 0x20 && c != 0x7f && !escape) {
            out += c;
        } else if (c == '\b' && !out.empty()) {
            out.pop_back();  // overstruck text of a pager
        }
        line.remove_prefix(1);
    }
}

// "> > ", ">>>>> ", "| ": marks of quoted mail and of tables. A prompt "> netstat -an" keeps its
// command, so taking the mark off does no harm.
std::string_view without_quotes(std::string_view line) {
    std::size_t at = 0;
    std::size_t quoted = 0;
    while (at < line.size() && (line[at] == '>' || is_blank(line[at]))) {
        if (line[at] == '>') {
            quoted = at + 1;
        }
        ++at;
    }
    line.remove_prefix(quoted);
    if (quoted > 0 && line.starts_with(' ')) {
        line.remove_prefix(1);  // belongs to the mark
    }
    return line;
}

void append_utf8(std::string& out, std::uint32_t code) {
    const auto byte = [&](std::uint32_t value) { out += static_cast<char>(value); };
    if (code < 0x80) {
        byte(code);
    } else if (code < 0x800) {
        byte(0xc0U | code >> 6U);
        byte(0x80U | (code & 0x3fU));
    } else if (code < 0x10000) {
        byte(0xe0U | code >> 12U);
        byte(0x80U | (code >> 6U & 0x3fU));
        byte(0x80U | (code & 0x3fU));
    } else {
        byte(0xf0U | code >> 18U);
        byte(0x80U | (code >> 12U & 0x3fU));
        byte(0x80U | (code >> 6U & 0x3fU));
        byte(0x80U | (code & 0x3fU));
    }
}

// Length of the well-formed UTF-8 character at the start of `text`, or 0.
std::size_t utf8_length(std::string_view text) {
    const auto first = static_cast<unsigned char>(text.front());
    const std::size_t length = first < 0x80   ? 1
                               : first < 0xc2 ? 0
                               : first < 0xe0 ? 2
                               : first < 0xf0 ? 3
                               : first < 0xf5 ? 4
                                              : 0;
    if (length == 0 || length > text.size()) {
        return 0;
    }
    for (std::size_t i = 1; i < length; ++i) {
        if ((static_cast<unsigned char>(text[i]) & 0xc0U) != 0x80) {
            return 0;
        }
    }
    const auto second = length > 1 ? static_cast<unsigned char>(text[1]) : 0U;
    const bool overlong_or_surrogate =
        (first == 0xe0 && second < 0xa0) || (first == 0xed && second >= 0xa0) ||
        (first == 0xf0 && second < 0x90) || (first == 0xf4 && second >= 0x90);
    return overlong_or_surrogate ? 0 : length;
}

}  // namespace

std::optional<std::string> utf8_from_utf16(std::string_view bytes) {
    const bool little = bytes.starts_with("\xff\xfe");
    if (!little && !bytes.starts_with("\xfe\xff")) {
        return std::nullopt;
    }
    std::string out;
    out.reserve(bytes.size() / 2);
    const auto unit = [&](std::size_t at) -> std::uint32_t {
        const auto low = static_cast<unsigned char>(bytes[little ? at : at + 1]);
        const auto high = static_cast<unsigned char>(bytes[little ? at + 1 : at]);
        return std::uint32_t{high} << 8U | low;
    };
    for (std::size_t at = 2; at + 1 < bytes.size(); at += 2) {
        std::uint32_t code = unit(at);
        if (code >= 0xd800 && code < 0xdc00 && at + 3 < bytes.size()) {
            const std::uint32_t low = unit(at + 2);
            if (low >= 0xdc00 && low < 0xe000) {
                code = 0x10000 + ((code - 0xd800) << 10U) + (low - 0xdc00);
                at += 2;
            }
        }
        append_utf8(out, code >= 0xd800 && code < 0xe000 ? 0xfffdU : code);
    }
    return out;
}

std::string_view cleaned(std::string_view line, std::string& buffer) {
    if (needs_cleaning(line)) {
        rewrite(line, buffer);
        line = buffer;
    }
    return without_quotes(line);
}

std::optional<std::string_view> LineReader::next() {
    if (physical_.empty()) {
        if (rest_.empty()) {
            return std::nullopt;
        }
        const std::size_t end = rest_.find('\n');
        physical_ = rest_.substr(0, end);
        rest_ = end == std::string_view::npos ? std::string_view() : rest_.substr(end + 1);
        if (physical_.ends_with('\r')) {
            physical_.remove_suffix(1);
        }
    }
    // Without a line feed behind it, a carriage return ends a line as well (old Macs, terminals).
    const std::size_t carriage = physical_.find('\r');
    original_ = physical_.substr(0, carriage);
    physical_ =
        carriage == std::string_view::npos ? std::string_view() : physical_.substr(carriage + 1);
    ++number_;
    return cleaned(original_, clean_);
}

std::string printable_excerpt(std::string_view line, std::size_t most) {
    std::string out;
    line = trimmed(line);
    while (!line.empty() && out.size() < most) {
        const std::size_t length = utf8_length(line);
        if (length == 0 || static_cast<unsigned char>(line.front()) < 0x20 ||
            line.front() == 0x7f) {
            out += line.front() == '\t' ? ' ' : '?';
            line.remove_prefix(1);
            continue;
        }
        if (out.size() + length > most) {
            break;
        }
        out += line.substr(0, length);
        line.remove_prefix(length);
    }
    return out;
}

}  // namespace tcpdx::text
