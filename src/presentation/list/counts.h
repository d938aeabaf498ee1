#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "presentation/list/columns.h"
#include "presentation/list/connection_writer.h"
#include "presentation/list/output_stream.h"
#include "presentation/list/records.h"
#include "presentation/list/table.h"

namespace tcpdx {

// "state", "process", "remote", "port", or any columns: "process,state".
[[nodiscard]] Result<Columns, ColumnError> choose_grouping(std::string_view text);

// Counts connections that look the same in some columns, and writes the counts, largest first, as
// a table or for programs (schema "tcpdx.counts/1").
class Counter final : public ConnectionWriter {
public:
    struct Form {
        std::optional<RecordFormat> format;  // empty: a table
        TableWriter::Look look;
        std::optional<std::size_t> limit;
    };

    Counter(OutputStream& out, Columns by, const ListContext& context, Form form);

    void add(const Connection& connection) override;
    void finish(bool table_changed) override;

private:
    struct Group {
        Connection example;
        std::uint64_t count = 0;
    };
    struct ByText {
        using is_transparent = void;
        std::size_t operator()(std::string_view text) const {
            return std::hash<std::string_view>{}(text);
        }
    };
    using Entry = std::pair<std::string_view, const Group*>;

    [[nodiscard]] std::vector<Entry> largest_first() const;
    void write_table(const std::vector<Entry>& entries);
    void write_records(const std::vector<Entry>& entries, bool table_changed);

    OutputStream& out_;
    Columns by_;
    const ListContext& context_;
    CellWords words_;
    CellContext cells_;
    Form form_;
    std::vector<char> key_;
    std::unordered_map<std::string, Group, ByText, std::equal_to<>> groups_;
    std::uint64_t total_ = 0;
};

}  // namespace tcpdx
