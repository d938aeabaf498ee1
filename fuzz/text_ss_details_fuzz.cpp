#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "sources/text/lines.h"
#include "sources/text/ss_details.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    tcpdx::text::LineReader lines(std::string_view(reinterpret_cast<const char*>(data), size));
    tcpdx::text::Row row;
    while (const auto line = lines.next()) {
        if (tcpdx::text::read_ss_details(row, *line) > line->size()) {
            std::abort();
        }
        if (row.connection.timer && row.connection.timer->expires.count() < 0) {
            std::abort();
        }
        (void)tcpdx::text::parse_ss_duration(*line);
    }
    return 0;
}
