#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "model/filter/parser.h"
#include "model/filter/search_space.h"

namespace {

using namespace tcpdx;

// A few connections that filters tell apart.
const std::vector<Connection>& connections() {
    static const std::vector<Connection> made = [] {
        std::vector<Connection> list;
        for (const char* local : {"0.0.0.0", "10.1.2.3", "::ffff:10.1.2.3", "2001:db8::1", "::1"}) {
            for (const TcpState state : kAllTcpStates) {
                Connection connection;
                connection.state = state;
                connection.local = {*parse_ip_address(local), 443};
                connection.remote = {connection.local.address,
                                     static_cast<std::uint16_t>(connection.is_listener() ? 0 : 80)};
                list.push_back(connection);
            }
        }
        return list;
    }();
    return made;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    filter::Names names;
    names.service = [](std::string_view) { return std::optional<std::uint16_t>(80); };
    names.user = [](std::string_view) { return std::optional<std::uint32_t>(); };
    const auto filter = filter::parse_filter(text, names);
    if (!filter) {
        // The column is where a character of the filter is, or just behind the last one.
        if (filter.error().column == 0 || filter.error().column > size + 1) {
            std::abort();
        }
        return 0;
    }
    // What a filter lets through has to be where the kernel is told to look.
    const filter::SearchSpace space = filter::search_space_of(*filter);
    for (const Connection& connection : connections()) {
        if (filter::matches(*filter, connection, {}) &&
            (!space.contains(connection) || !space.box()->contains(connection))) {
            std::abort();
        }
    }
    return 0;
}
