#include "presentation/list/counts.h"

#include <algorithm>

#include "base/i18n.h"
#include "presentation/i18n.h"
#include "presentation/text/display_width.h"

namespace tcpdx {
namespace {

constexpr std::size_t kGap = 2;

}  // namespace

Result<Columns, ColumnError> choose_grouping(std::string_view text) {
    std::string names;
    while (true) {
        const std::size_t comma = text.find(',');
        const std::string_view name = text.substr(0, comma);
        // The owner also tells why there is no process; ports of a peer are all different.
        if (name == "process") {
            names += "owner";
        } else if (name == "remote") {
            names += "remote-address";
        } else if (name == "local") {
            names += "local-address";
        } else {
            names += name;
        }
        if (comma == std::string_view::npos) {
            return choose_columns(names);
        }
        names += ',';
        text.remove_prefix(comma + 1);
    }
}

Counter::Counter(OutputStream& out, Columns by, const ListContext& context, Form form)
    : out_(out),
      by_(std::move(by)),
      context_(context),
      cells_{.list = context, .words = words_},
      form_(form),
      key_(by_.size() * kMostCellBytes) {}

void Counter::add(const Connection& connection) {
    ++total_;
    char* end = key_.data();
    for (const Column* column : by_) {
        end = column->cell(end, *column, connection, cells_);
        *end++ = '\0';
    }
    const std::string_view key(key_.data(), static_cast<std::size_t>(end - key_.data()));
    auto found = groups_.find(key);
    if (found == groups_.end()) {
        found = groups_.emplace(std::string(key), Group{.example = connection}).first;
    }
    ++found->second.count;
}

std::vector<Counter::Entry> Counter::largest_first() const {
    std::vector<Entry> entries;
    entries.reserve(groups_.size());
    for (const auto& [key, group] : groups_) {
        entries.emplace_back(key, &group);
    }
    std::sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) {
        return a.second->count != b.second->count ? a.second->count > b.second->count
                                                  : a.first < b.first;
    });
    if (form_.limit && entries.size() > *form_.limit) {
        entries.resize(*form_.limit);
    }
    return entries;
}

void Counter::finish(bool table_changed) {
    const std::vector<Entry> entries = largest_first();
    if (form_.format) {
        write_records(entries, table_changed);
    } else {
        write_table(entries);
    }
}

void Counter::write_table(const std::vector<Entry>& entries) {
    std::vector<std::vector<std::string>> rows;
    if (form_.look.header) {
        rows.push_back({_("Count")});
        for (const Column* column : by_) {
            rows.back().emplace_back(_(column->header));
        }
    }
    for (const auto& [key, group] : entries) {
        rows.push_back({std::to_string(group->count)});
        for (std::string_view rest = key; !rest.empty();) {
            const std::size_t end = rest.find('\0');
            rows.back().emplace_back(rest.substr(0, end));
            rest.remove_prefix(end + 1);
        }
    }
    std::vector<std::size_t> widths(by_.size() + 1, 0);
    for (const auto& row : rows) {
        for (std::size_t i = 0; i < row.size(); ++i) {
            widths[i] = std::max(widths[i], display_width(row[i]));
        }
    }
    for (const auto& row : rows) {
        std::string line;
        for (std::size_t i = 0; i < row.size(); ++i) {
            const bool right = i == 0 || by_[i - 1]->right_aligned;
            line += i == 0 ? std::string() : std::string(kGap, ' ');
            if (right) {
                line += pad_left(row[i], widths[i]);
            } else {
                line += i + 1 == row.size() ? row[i] : pad_right(row[i], widths[i]);
            }
        }
        if (form_.look.screen.terminal) {
            line = truncate_to_width(line, form_.look.screen.width, can_show_unicode() ? "…" : ">");
        }
        const bool header = form_.look.header && &row == &rows.front();
        out_.write(inked(form_.look.screen, header ? Ink::Bold : Ink::Plain, line) + "\n");
    }
}

void Counter::write_records(const std::vector<Entry>& entries, bool table_changed) {
    const std::vector<const Field*> fields = fields_of(by_);
    if (*form_.format == RecordFormat::Json) {
        out_.write(R"({"schema":"tcpdx.counts/1","total":)" + std::to_string(total_) +
                   ",\"counts\":[");
    }
    if (*form_.format == RecordFormat::Csv) {
        write_csv_header(out_, fields, true);
    }
    bool first = true;
    for (const auto& [key, group] : entries) {
        switch (*form_.format) {
            case RecordFormat::Json:
                out_.write(first ? "\n" : ",\n");
                out_.commit(
                    append_json_object(out_.row(), fields, group->example, context_, group->count));
                break;
            case RecordFormat::JsonLines:
                out_.commit(
                    append_json_object(out_.row(), fields, group->example, context_, group->count));
                out_.write("\n");
                break;
            case RecordFormat::Csv:
                out_.commit(
                    append_csv_row(out_.row(), fields, group->example, context_, group->count));
                break;
        }
        first = false;
    }
    if (*form_.format == RecordFormat::Json) {
        out_.write(table_changed ? "\n],\"table_changed\":true}\n"
                                 : "\n],\"table_changed\":false}\n");
    }
}

}  // namespace tcpdx
