#include "sources/procfs/tables/routes.h"

#include <charconv>

#include "sources/procfs/tables/field_reader.h"
#include "sources/procfs/tables/inet_sockets.h"

namespace tcpdx::proc_tables {
namespace {

constexpr std::size_t kLongestInterface = 15;

std::int32_t hex_integer(FieldReader& fields) {
    return static_cast<std::int32_t>(static_cast<std::uint32_t>(fields.hex()));
}

}  // namespace

std::optional<IpAddress> parse_v6_digits(std::string_view digits) {
    IpAddress address;
    address.family = IpFamily::V6;
    if (digits.size() != 2 * address.bytes.size()) {
        return std::nullopt;
    }
    for (std::size_t i = 0; i < address.bytes.size(); ++i) {
        const char* const pair = digits.data() + 2 * i;
        const auto [end, error] = std::from_chars(pair, pair + 2, address.bytes.at(i), 16);
        if (error != std::errc{} || end != pair + 2) {
            return std::nullopt;
        }
    }
    return address;
}

std::optional<RouteV4> parse_route_v4(std::string_view line) {
    FieldReader fields(line);
    const std::string_view interface = fields.word();
    const auto target = parse_hex_address(fields.word());
    const auto gateway = parse_hex_address(fields.word());
    RouteV4 route;
    route.flags = static_cast<std::uint32_t>(fields.hex());
    route.references = fields.integer();
    route.use = fields.integer();
    route.metric = fields.integer();
    const auto mask = parse_hex_address(fields.word());
    route.mss = fields.integer();
    route.window = fields.integer();
    if (!fields.ok() || !target || !gateway || !mask) {
        return std::nullopt;
    }
    route.initial_rtt = fields.integer();
    route.interface = interface.substr(0, kLongestInterface);
    route.target = *target;
    route.gateway = *gateway;
    route.mask = *mask;
    return route;
}

std::optional<RouteV6> parse_route_v6(std::string_view line) {
    FieldReader fields(line);
    const auto target = parse_v6_digits(fields.word());
    RouteV6 route;
    route.prefix_bits = hex_integer(fields);
    fields.skip_word();  // source
    fields.skip_word();  // and its prefix length
    const auto next_hop = parse_v6_digits(fields.word());
    route.metric = hex_integer(fields);
    route.references = hex_integer(fields);
    route.use = hex_integer(fields);
    route.flags = static_cast<std::uint32_t>(fields.hex());
    route.interface = fields.word().substr(0, kLongestInterface);
    if (!fields.ok() || !target || !next_hop) {
        return std::nullopt;
    }
    route.target = *target;
    route.next_hop = *next_hop;
    return route;
}

}  // namespace tcpdx::proc_tables
