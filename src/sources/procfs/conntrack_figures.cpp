#include "sources/procfs/conntrack_figures.h"

#include <fcntl.h>

#include <string>
#include <vector>

#include "base/words.h"
#include "sources/procfs/proc_file.h"

namespace tcpdx::procfs {
namespace {

using Figure = std::optional<std::uint64_t> Conntrack::*;

Figure figure_named(std::string_view column) {
    if (column == "insert_failed") {
        return &Conntrack::insert_failed;
    }
    if (column == "drop") {
        return &Conntrack::drop;
    }
    if (column == "early_drop") {
        return &Conntrack::early_drop;
    }
    return nullptr;
}

std::optional<std::uint64_t> read_number(const char* path) {
    const auto text = read_file(AT_FDCWD, path);
    return text ? number_in<std::uint64_t>(trimmed(*text)) : std::nullopt;
}

}  // namespace

void parse_conntrack_statistics(std::string_view text, Conntrack& figures) {
    // By name: columns have been renamed and dropped over the years, never trust their order.
    std::vector<Figure> columns;
    bool header = true;
    Conntrack sums;
    while (text.find('\n') != std::string_view::npos) {
        std::string_view line = *take_line(text);
        if (header) {
            while (const auto name = take_word(line)) {
                columns.push_back(figure_named(*name));
            }
            header = false;
            continue;
        }
        for (const Figure column : columns) {
            const auto word = take_word(line);
            const auto value = word ? number_in<std::uint64_t>(*word, 16) : std::nullopt;
            if (!value) {
                return;  // a damaged row would make every sum too small
            }
            if (column != nullptr) {
                sums.*column = (sums.*column).value_or(0) + *value;
            }
        }
    }
    figures.insert_failed = sums.insert_failed;
    figures.drop = sums.drop;
    figures.early_drop = sums.early_drop;
}

std::optional<Conntrack> read_conntrack(const char* net_directory) {
    Conntrack figures;
    figures.count = read_number("/proc/sys/net/netfilter/nf_conntrack_count");
    figures.maximum = read_number("/proc/sys/net/netfilter/nf_conntrack_max");
    const std::string path = std::string(net_directory) + "/stat/nf_conntrack";
    if (const auto text = read_file(AT_FDCWD, path.c_str())) {
        parse_conntrack_statistics(*text, figures);
    }
    if (!figures.count && !figures.drop) {
        return std::nullopt;
    }
    return figures;
}

}  // namespace tcpdx::procfs
