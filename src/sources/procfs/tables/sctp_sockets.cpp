#include "sources/procfs/tables/sctp_sockets.h"

#include "sources/procfs/tables/field_reader.h"

namespace tcpdx::proc_tables {
namespace {

std::vector<IpAddress> parse_addresses(std::string_view text) {
    std::vector<IpAddress> addresses;
    FieldReader fields(text);
    for (std::string_view word = fields.word(); !word.empty(); word = fields.word()) {
        if (word.front() == '*') {
            word.remove_prefix(1);
        }
        if (const auto address = parse_ip_address(word)) {
            addresses.push_back(*address);
        }
    }
    return addresses;
}

}  // namespace

std::optional<SctpSocketRow> parse_sctp_endpoint(std::string_view line) {
    FieldReader fields(line);
    fields.skip_word();  // endpoint
    fields.skip_word();  // socket
    fields.skip_word();  // style
    SctpSocketRow row;
    row.state = fields.integer();
    fields.skip_word();  // hash bucket
    row.local_port = static_cast<std::uint16_t>(fields.integer());
    row.uid = fields.integer();
    row.inode = fields.decimal();
    if (!fields.ok()) {
        return std::nullopt;
    }
    row.local = parse_addresses(fields.rest());
    return row;
}

std::optional<SctpSocketRow> parse_sctp_association(std::string_view line) {
    FieldReader fields(line);
    fields.skip_word();  // association
    fields.skip_word();  // socket
    fields.skip_word();  // style
    SctpSocketRow row;
    row.state = fields.integer();
    fields.skip_word();  // state of the association, which netstat does not show
    fields.skip_word();  // hash bucket
    fields.skip_word();  // association id
    row.send_queue = static_cast<std::uint32_t>(fields.integer());
    row.receive_queue = static_cast<std::uint32_t>(fields.integer());
    row.uid = fields.integer();
    row.inode = fields.decimal();
    row.local_port = static_cast<std::uint16_t>(fields.integer());
    row.remote_port = static_cast<std::uint16_t>(fields.integer());
    if (!fields.ok()) {
        return std::nullopt;
    }
    const std::string_view rest = fields.rest();
    const std::size_t arrow = rest.find("<->");
    row.local = parse_addresses(rest.substr(0, arrow));
    if (arrow != std::string_view::npos) {
        const std::string_view remote = rest.substr(arrow + 3);
        row.remote = parse_addresses(remote.substr(0, remote.find('\t')));
    }
    return row;
}

}  // namespace tcpdx::proc_tables
