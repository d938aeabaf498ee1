#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "sources/text/lines.h"
#include "sources/text/lsof_rows.h"
#include "sources/text/proc_rows.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    tcpdx::text::LineReader lines(std::string_view(reinterpret_cast<const char*>(data), size));
    while (const auto line = lines.next()) {
        const tcpdx::text::Tokens tokens(*line);
        for (const auto& reading :
             {tcpdx::text::read_lsof_row(tokens), tcpdx::text::read_proc_row(tokens)}) {
            if (reading.end > line->size() ||
                (reading.kind == tcpdx::text::RowKind::Tcp && reading.row.pid < 0)) {
                std::abort();
            }
        }
    }
    return 0;
}
