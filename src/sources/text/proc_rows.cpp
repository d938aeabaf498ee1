#include "sources/text/proc_rows.h"

#include <algorithm>

#include "model/proc_tcp_row.h"

namespace tcpdx::text {
namespace {

constexpr std::size_t kV4Digits = 8;
constexpr std::size_t kV6Digits = 32;

// "0100007F:1F90"
std::optional<IpFamily> family_of(std::string_view cell) {
    const std::size_t colon = cell.find(':');
    constexpr std::size_t kPortDigits = 4;
    if ((colon != kV4Digits && colon != kV6Digits) || cell.size() != colon + 1 + kPortDigits) {
        return std::nullopt;
    }
    const auto hex = [](char c) {
        return is_digit(c) || (to_lower(c) >= 'a' && to_lower(c) <= 'f');
    };
    if (!std::all_of(cell.begin(), cell.end(), [&](char c) { return c == ':' || hex(c); })) {
        return std::nullopt;
    }
    return colon == kV4Digits ? IpFamily::V4 : IpFamily::V6;
}

}  // namespace

RowReading read_proc_row(const Tokens& tokens) {
    constexpr std::size_t kMostBefore = 4;
    for (std::size_t at = 0; at < std::min(tokens.size(), kMostBefore); ++at) {
        const auto family = family_of(tokens[at]);
        if (!family || family_of(tokens[at + 1]) != family) {
            continue;
        }
        RowReading reading;
        reading.row.layout = Layout::Proc;
        reading.end = tokens.line().size();
        // The row's number may be lost, but the parser wants a word there.
        std::optional<Connection> connection;
        if (at > 0) {
            connection = parse_tcp_row(tokens.from(at - 1), *family);
        } else {
            connection = parse_tcp_row("0: " + std::string(tokens.line()), *family);
        }
        if (!connection) {
            // Cut, or some of the columns only: what is there is as true.
            connection = parse_tcp_row_start(tokens.from(at), *family);
        }
        if (!connection) {
            reading.kind = RowKind::Unread;
            return reading;
        }
        reading.row.connection = *connection;
        reading.row.owner_text = OwnerText::NoColumn;
        reading.kind = RowKind::Tcp;
        return reading;
    }
    return {};
}

}  // namespace tcpdx::text
