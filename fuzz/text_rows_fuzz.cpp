#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "sources/text/headers.h"
#include "sources/text/lines.h"
#include "sources/text/table_rows.h"

// The rows of netstat and ss, each below the header that stands above it.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    tcpdx::text::LineReader lines(std::string_view(reinterpret_cast<const char*>(data), size));
    tcpdx::text::TableContext context;
    while (const auto line = lines.next()) {
        const tcpdx::text::Tokens tokens(*line);
        if (const auto header = tcpdx::text::parse_header(tokens)) {
            context = header->table;
            continue;
        }
        const auto reading = tcpdx::text::read_table_row(tokens, context);
        // The next row begins further on, or rows would be read for ever.
        const bool row = reading.kind != tcpdx::text::RowKind::None;
        if (reading.end > line->size() || (row && !tokens.empty() && reading.end == 0)) {
            std::abort();
        }
        (void)tcpdx::text::looks_like_row(tokens);
    }
    return 0;
}
