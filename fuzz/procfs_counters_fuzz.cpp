// The text goes to every reader of a table of numbers, since none knows what the others would take.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "sources/procfs/conntrack_figures.h"
#include "sources/procfs/kernel_counters.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace tcpdx;
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    Counters counters;
    procfs::parse_counter_pairs(text, counters);
    procfs::parse_counter_lines(text, counters);
    for (const auto& [name, value] : counters.all()) {
        if (name.empty() || name.find('\n') != std::string::npos) {
            std::abort();
        }
    }
    // Half of the input for each family.
    (void)procfs::parse_socket_totals(text.substr(0, size / 2), text.substr(size / 2));
    Conntrack figures;
    procfs::parse_conntrack_statistics(text, figures);
    if (figures.count || figures.maximum) {
        std::abort();  // those are in other files
    }
    return 0;
}
