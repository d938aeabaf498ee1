#include "presentation/list/records.h"

#include <charconv>
#include <cstring>
#include <string>

namespace tcpdx {
namespace {

char* append(char* out, std::string_view text) {
    std::memcpy(out, text.data(), text.size());
    return out + text.size();
}

}  // namespace

char* append_json_object(char* out, const std::vector<const Field*>& fields,
                         const Connection& connection, const ListContext& context,
                         std::uint64_t count) {
    char* const start = out;
    *out++ = '{';
    if (count > 0) {
        out = std::to_chars(append(out, ",\"count\":"), out + 40, count).ptr;
    }
    Scratch scratch;
    for (const Field* field : fields) {
        out = append_json_member(out, *field, field->of(connection, context, scratch));
    }
    // Every member brought a comma, since each may be the first: the first one goes.
    if (out - start > 1) {
        std::memmove(start + 1, start + 2, static_cast<std::size_t>(out - start - 2));
        --out;
    }
    *out++ = '}';
    return out;
}

char* append_csv_row(char* out, const std::vector<const Field*>& fields,
                     const Connection& connection, const ListContext& context,
                     std::uint64_t count) {
    bool first = count == 0;
    if (!first) {
        out = std::to_chars(out, out + 20, count).ptr;
    }
    Scratch scratch;
    for (const Field* field : fields) {
        if (!first) {
            *out++ = ',';
        }
        first = false;
        out = append_csv_value(out, field->of(connection, context, scratch));
    }
    return append(out, "\r\n");
}

void write_csv_header(OutputStream& out, const std::vector<const Field*>& fields, bool count) {
    std::string header = count ? "count" : "";
    for (const Field* field : fields) {
        header += (header.empty() ? "" : ",") + field->key;
    }
    out.write(header + "\r\n");
}

RecordWriter::RecordWriter(OutputStream& out, RecordFormat format, std::vector<const Field*> fields,
                           const ListContext& context)
    : out_(out), format_(format), fields_(std::move(fields)), context_(context) {
    switch (format_) {
        case RecordFormat::Json:
            out_.write(R"({"schema":"tcpdx.list/1","connections":[)");
            break;
        case RecordFormat::JsonLines:
            break;
        case RecordFormat::Csv:
            write_csv_header(out_, fields_, false);
            break;
    }
}

void RecordWriter::add(const Connection& connection) {
    char* out = out_.row();
    switch (format_) {
        case RecordFormat::Json:
            out = append(out, first_ ? "\n" : ",\n");
            first_ = false;
            out = append_json_object(out, fields_, connection, context_);
            break;
        case RecordFormat::JsonLines:
            out = append_json_object(out, fields_, connection, context_);
            *out++ = '\n';
            break;
        case RecordFormat::Csv:
            out = append_csv_row(out, fields_, connection, context_);
            break;
    }
    out_.commit(out);
}

void RecordWriter::finish(bool table_changed) {
    if (format_ == RecordFormat::Json) {
        out_.write(table_changed ? "\n],\"table_changed\":true}\n"
                                 : "\n],\"table_changed\":false}\n");
    }
}

}  // namespace tcpdx
