#include "presentation/list/table.h"

#include <algorithm>
#include <cstring>

#include "base/i18n.h"
#include "presentation/i18n.h"
#include "presentation/text/display_width.h"

namespace tcpdx {
namespace {

constexpr std::size_t kHeldBack = 512;
constexpr std::size_t kGap = 2;
// A single long cell must not push all later rows off the screen.
constexpr std::size_t kMostPadding = 60;

Ink ink_of(TcpState state) {
    switch (state) {
        case TcpState::Closed:
        case TcpState::Listen:
            return Ink::Bold;
        case TcpState::Established:
            return Ink::Green;
        case TcpState::TimeWait:
            return Ink::Dim;
        case TcpState::SynSent:
        case TcpState::SynReceived:
        case TcpState::FinWait1:
        case TcpState::FinWait2:
        case TcpState::CloseWait:
        case TcpState::Closing:
        case TcpState::LastAck:
            return Ink::Yellow;
    }
    return Ink::Plain;
}

std::size_t width_of(const Column& column, const char* cell, const char* end) {
    const auto bytes = static_cast<std::size_t>(end - cell);
    if (column.ascii) {
        return bytes;
    }
    const bool plain = std::none_of(cell, end, [](char c) { return (c & 0x80) != 0; });
    return plain ? bytes : display_width({cell, bytes});
}

char* append(char* out, std::string_view text) {
    std::memcpy(out, text.data(), text.size());
    return out + text.size();
}

char* append_spaces(char* out, std::size_t count) {
    std::memset(out, ' ', count);
    return out + count;
}

}  // namespace

TableWriter::TableWriter(OutputStream& out, Columns columns, const ListContext& context, Look look)
    : out_(out),
      columns_(std::move(columns)),
      cells_{.list = context, .words = words_},
      look_(look),
      most_columns_(look.screen.terminal ? look.screen.width : 0) {
    if (look_.screen.colour) {
        coloured_ = find_column("state");
        for (const TcpState state : kAllTcpStates) {
            const std::string sample = inked(look_.screen, ink_of(state), "|");
            const std::size_t bar = sample.find('|');
            paints_.at(static_cast<std::size_t>(state)) = {.before = sample.substr(0, bar),
                                                           .after = sample.substr(bar + 1)};
        }
    }
    held_back_.reserve(kHeldBack);
}

void TableWriter::add(const Connection& connection) {
    if (started_) [[likely]] {
        write_row(connection);
        return;
    }
    held_back_.push_back(connection);
    if (held_back_.size() == kHeldBack) {
        start();
    }
}

void TableWriter::finish(bool /*table_changed*/) {
    if (!started_) {
        start();
    }
}

void TableWriter::start() {
    started_ = true;
    std::vector<char> cell(kMostCellBytes);
    for (const Column* column : columns_) {
        std::size_t width = look_.header ? display_width(_(column->header)) : 1;
        for (const Connection& connection : held_back_) {
            const char* end = column->cell(cell.data(), *column, connection, cells_);
            width = std::max(width, width_of(*column, cell.data(), end));
        }
        widths_.push_back(std::min(width, kMostPadding));
    }
    if (look_.header) {
        write_header();
    }
    for (const Connection& connection : held_back_) {
        write_row(connection);
    }
    held_back_ = {};
}

void TableWriter::write_header() {
    std::string line;
    for (std::size_t i = 0; i < columns_.size(); ++i) {
        const Column& column = *columns_[i];
        const char* text = _(column.header);
        line += i == 0 ? std::string() : std::string(kGap, ' ');
        if (column.right_aligned) {
            line += pad_left(text, widths_[i]);
        } else {
            line += i + 1 == columns_.size() ? std::string(text) : pad_right(text, widths_[i]);
        }
    }
    if (most_columns_ > 0) {
        line = truncate_to_width(line, most_columns_, can_show_unicode() ? "…" : ">");
    }
    out_.write(inked(look_.screen, Ink::Bold, line) + "\n");
}

void TableWriter::write_row(const Connection& connection) {
    char* const row = out_.row();
    char* at = row;
    std::size_t row_width = 0;
    std::size_t padding = 0;  // owed by the cell before
    for (std::size_t i = 0; i < columns_.size(); ++i) {
        const Column& column = *columns_[i];
        at = append_spaces(at, padding);
        row_width += padding;
        const bool coloured = &column == coloured_;
        const Paint* paint =
            coloured ? &paints_[static_cast<std::size_t>(connection.state)] : nullptr;
        if (paint != nullptr) {
            at = append(at, paint->before);
        }
        char* end = column.cell(at, column, connection, cells_);
        const std::size_t width = width_of(column, at, end);
        if (width > widths_[i]) {
            widths_[i] = std::min(width, std::max(kMostPadding, widths_[i]));
        }
        const std::size_t missing = widths_[i] > width ? widths_[i] - width : 0;
        if (column.right_aligned) {
            std::memmove(at + missing, at, static_cast<std::size_t>(end - at));
            append_spaces(at, missing);
            end += missing;
            row_width += missing;
            padding = kGap;
        } else {
            padding = missing + kGap;
        }
        row_width += width;
        at = paint == nullptr ? end : append(end, paint->after);
    }
    if (most_columns_ > 0 && row_width > most_columns_) {
        at = cut_to_screen(row, at);
    }
    *at++ = '\n';
    out_.commit(at);
}

char* TableWriter::cut_to_screen(char* row, char* end) const {
    const std::string cut = truncate_to_width({row, static_cast<std::size_t>(end - row)},
                                              most_columns_, can_show_unicode() ? "…" : ">");
    row = append(row, cut);
    return look_.screen.colour ? append(row, "\033[0m") : row;
}

}  // namespace tcpdx
