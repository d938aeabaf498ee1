#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "sources/text/counters.h"
#include "sources/text/counts.h"
#include "sources/text/lines.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    tcpdx::text::LineReader lines(std::string_view(reinterpret_cast<const char*>(data), size));
    tcpdx::text::CounterReader counters;
    tcpdx::text::Summary summary;
    while (const auto line = lines.next()) {
        const tcpdx::text::Tokens tokens(*line);
        if (tokens.empty()) {
            continue;
        }
        (void)counters.take_line(tokens);
        (void)tcpdx::text::parse_state_count(tokens);
        (void)tcpdx::text::is_counted_header(tokens);
        (void)tcpdx::text::read_summary_line(summary, tokens);
    }
    // What came again had a first value.
    if (counters.repeated() && counters.first().empty()) {
        std::abort();
    }
    return 0;
}
