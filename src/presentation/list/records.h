#pragma once

#include <vector>

#include "presentation/list/columns.h"
#include "presentation/list/connection_writer.h"
#include "presentation/list/output_stream.h"

namespace tcpdx {

enum class RecordFormat : std::uint8_t { Json, JsonLines, Csv };

// `{"state":"LISTEN",...}` with the fields that are not absent. `count`, unless zero, comes first.
char* append_json_object(char* out, const std::vector<const Field*>& fields,
                         const Connection& connection, const ListContext& context,
                         std::uint64_t count = 0);
char* append_csv_row(char* out, const std::vector<const Field*>& fields,
                     const Connection& connection, const ListContext& context,
                     std::uint64_t count = 0);
void write_csv_header(OutputStream& out, const std::vector<const Field*>& fields, bool count);

// Connections for programs: one JSON document (schema "tcpdx.list/1"), one JSON object a line, or
// CSV as in RFC 4180. docs/json.md describes the fields. Written as they come, like the table.
class RecordWriter final : public ConnectionWriter {
public:
    RecordWriter(OutputStream& out, RecordFormat format, std::vector<const Field*> fields,
                 const ListContext& context);

    void add(const Connection& connection) override;
    void finish(bool table_changed) override;

private:
    OutputStream& out_;
    RecordFormat format_;
    std::vector<const Field*> fields_;
    const ListContext& context_;
    bool first_ = true;
};

}  // namespace tcpdx
