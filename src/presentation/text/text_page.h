#pragma once

// A page of running text for a terminal: paragraphs, lists and headings, wrapped to its width.

#include <cstddef>
#include <string>
#include <string_view>

#include "presentation/text/output.h"

namespace tcpdx {

class TextPage {
public:
    explicit TextPage(const Screen& screen);

    // A blank line, unless the page is empty or just had one.
    void gap();
    // After a gap, in bold.
    void heading(std::string_view text);
    void paragraph(std::string_view text, std::size_t indent = 0);
    // `first` begins the first line; the following lines are indented as far as its width.
    void item(std::string_view first, std::string_view text, std::size_t indent = 2);
    // One line as it is, however wide: commands are there to be copied, drawings to line up.
    void line(std::string_view text, std::size_t indent = 0);
    // Several lines with their newlines, as they are.
    void block(std::string_view text);

    // Not all of Markdown: headings, paragraphs, one level of lists, code blocks and tables, which
    // stay as they are written. Emphasis marks stay too. That is what docs/rules is written in.
    void markdown(std::string_view text);

    [[nodiscard]] std::size_t width() const { return width_; }
    [[nodiscard]] std::string take() { return std::move(text_); }

private:
    const Screen& screen_;
    std::size_t width_;
    std::string text_;
};

}  // namespace tcpdx
