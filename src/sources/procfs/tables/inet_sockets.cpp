#include "sources/procfs/tables/inet_sockets.h"

#include <arpa/inet.h>

#include <charconv>
#include <cstring>

#include "sources/procfs/tables/field_reader.h"

namespace tcpdx::proc_tables {
namespace {

constexpr std::size_t kWordDigits = 8;

std::optional<std::uint32_t> parse_word(std::string_view digits) {
    std::uint32_t word = 0;
    const auto [end, error] =
        std::from_chars(digits.data(), digits.data() + digits.size(), word, 16);
    if (error != std::errc{} || end != digits.data() + digits.size()) {
        return std::nullopt;
    }
    return word;
}

std::optional<SocketAddress> address_and_port(FieldReader& fields) {
    const auto address = parse_hex_address(fields.hex_digits());
    fields.literal(':');
    const auto port = static_cast<std::uint16_t>(fields.hex());
    if (!address || !fields.ok()) {
        return std::nullopt;
    }
    return SocketAddress{*address, port};
}

}  // namespace

std::optional<IpAddress> parse_hex_address(std::string_view digits) {
    if (digits.size() == kWordDigits) {
        const auto word = parse_word(digits);
        return word ? std::optional(IpAddress::v4(ntohl(*word))) : std::nullopt;
    }
    if (digits.size() != 4 * kWordDigits) {
        return std::nullopt;
    }
    IpAddress address;
    address.family = IpFamily::V6;
    for (std::size_t i = 0; i < 4; ++i) {
        const auto word = parse_word(digits.substr(i * kWordDigits, kWordDigits));
        if (!word) {
            return std::nullopt;
        }
        std::memcpy(&address.bytes.at(i * 4), &*word, sizeof(*word));
    }
    return address;
}

std::optional<InetSocketRow> parse_inet_socket(std::string_view line) {
    FieldReader fields(line);
    fields.integer();
    fields.literal(':');
    const auto local = address_and_port(fields);
    const auto remote = address_and_port(fields);
    if (!local || !remote) {
        return std::nullopt;
    }
    InetSocketRow row{.local = *local, .remote = *remote};
    row.state = static_cast<std::uint32_t>(fields.hex());
    row.send_queue = fields.hex();
    fields.literal(':');
    row.receive_queue = fields.hex();
    row.timer = static_cast<std::uint32_t>(fields.hex());
    fields.literal(':');
    row.timer_expires = fields.hex();
    row.retransmits = fields.hex();
    if (!fields.ok()) {
        return std::nullopt;
    }
    // What follows came with later kernels; netstat takes the row without it.
    row.uid = fields.integer();
    row.probes = fields.integer();
    row.inode = fields.decimal();
    return row;
}

}  // namespace tcpdx::proc_tables
