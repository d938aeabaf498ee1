#include "presentation/text/text_page.h"

#include <algorithm>

#include "presentation/text/display_width.h"

namespace tcpdx {
namespace {

constexpr std::size_t kNarrowest = 40;
constexpr std::size_t kWidest = 100;  // longer lines are hard to read
constexpr std::size_t kLeastForText = 20;

std::string_view take_line(std::string_view& text) {
    const std::size_t end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    return line;
}

// The number of bytes that begin a list item ("- ", "12. "), or 0.
std::size_t list_mark_bytes(std::string_view line) {
    if (line.starts_with("- ") || line.starts_with("* ")) {
        return 2;
    }
    const std::size_t digits = line.find_first_not_of("0123456789");
    const bool numbered =
        digits != 0 && digits != std::string_view::npos && line.substr(digits).starts_with(". ");
    return numbered ? digits + 2 : 0;
}

}  // namespace

TextPage::TextPage(const Screen& screen)
    : screen_(screen), width_(std::clamp(screen.width, kNarrowest, kWidest)) {}

void TextPage::gap() {
    if (!text_.empty() && !text_.ends_with("\n\n")) {
        text_ += '\n';
    }
}

void TextPage::heading(std::string_view text) {
    gap();
    line(inked(screen_, Ink::Bold, text));
}

void TextPage::paragraph(std::string_view text, std::size_t indent) {
    item("", text, indent);
}

void TextPage::item(std::string_view first, std::string_view text, std::size_t indent) {
    const std::size_t hanging = indent + display_width(first);
    const std::size_t room = std::max(width_, hanging + kLeastForText) - hanging;
    bool is_first = true;
    for (const std::string& wrapped : wrap_text(text, room)) {
        text_.append(is_first ? indent : hanging, ' ');
        if (is_first) {
            text_ += first;
        }
        line(wrapped);
        is_first = false;
    }
}

void TextPage::line(std::string_view text, std::size_t indent) {
    text_.append(indent, ' ');
    text_ += text;
    text_.erase(text_.find_last_not_of(' ') + 1);
    text_ += '\n';
}

void TextPage::block(std::string_view text) {
    text_ += text;
}

void TextPage::markdown(std::string_view text) {
    std::string running;   // a paragraph or list item, collected until it ends
    std::size_t mark = 0;  // bytes of its list mark
    const auto finish = [&] {
        if (mark > 0) {
            item(std::string_view(running).substr(0, mark), std::string_view(running).substr(mark));
        } else if (!running.empty()) {
            paragraph(running);
        }
        running.clear();
        mark = 0;
    };

    bool in_code = false;
    while (!text.empty()) {
        const std::string_view raw = take_line(text);
        if (raw.starts_with("```")) {
            finish();
            in_code = !in_code;
            continue;
        }
        if (in_code) {
            line(raw, 4);
            continue;
        }
        const std::size_t start = raw.find_first_not_of(' ');
        if (start == std::string_view::npos) {
            finish();
            gap();
            continue;
        }
        const std::string_view trimmed = raw.substr(start);
        if (trimmed.starts_with("#")) {
            finish();
            heading(trimmed.substr(std::min(trimmed.find_first_not_of("# "), trimmed.size())));
        } else if (trimmed.starts_with("|")) {
            finish();
            line(trimmed);
        } else if (const std::size_t bytes = list_mark_bytes(trimmed); bytes > 0) {
            finish();
            running = trimmed;
            mark = bytes;
        } else {
            if (!running.empty()) {
                running += ' ';
            }
            running += trimmed;
        }
    }
    finish();
}

}  // namespace tcpdx
