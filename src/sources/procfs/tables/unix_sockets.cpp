#include "sources/procfs/tables/unix_sockets.h"

#include "sources/procfs/tables/field_reader.h"

namespace tcpdx::proc_tables {

std::optional<UnixSocketRow> parse_unix_socket(std::string_view line) {
    FieldReader fields(line);
    fields.hex_digits();
    fields.literal(':');
    UnixSocketRow row;
    row.references = fields.hex();
    row.protocol = fields.hex();
    row.flags = fields.hex();
    row.type = static_cast<std::uint32_t>(fields.hex());
    row.state = static_cast<std::uint32_t>(fields.hex());
    if (!fields.ok()) {
        return std::nullopt;
    }
    row.inode = fields.decimal();
    row.path = fields.word();
    return row;
}

}  // namespace tcpdx::proc_tables
