#include "sources/procfs/tables/counter_groups.h"

#include <charconv>
#include <string>

#include "sources/procfs/tables/field_reader.h"
#include "sources/procfs/tables/lines.h"

namespace tcpdx::proc_tables {
namespace {

// MaxConn is -1 for "no limit"; it wraps, as it does for every reader of these files.
std::uint64_t counter_value(std::string_view word) {
    const bool negative = word.starts_with('-');
    if (negative) {
        word.remove_prefix(1);
    }
    std::uint64_t value = 0;
    std::from_chars(word.data(), word.data() + word.size(), value);
    return negative ? 0 - value : value;
}

std::string title_of(std::string_view name) {
    const std::size_t six = name.find('6');
    return std::string(name.substr(0, six == std::string_view::npos ? six : six + 1));
}

}  // namespace

CounterFile parse_counter_groups(std::string_view text) {
    CounterFile file;
    std::string_view names;
    bool have_names = false;
    split_lines(text, [&](std::string_view line) {
        if (file.malformed || (!have_names && line.empty())) {
            return;
        }
        if (!have_names) {
            names = line;
            have_names = true;
            return;
        }
        have_names = false;
        const std::size_t title_end = names.find(':');
        const std::size_t values_start = line.find(':');
        if (title_end == std::string_view::npos || values_start == std::string_view::npos) {
            file.malformed = true;
            return;
        }
        CounterGroup group{.title = std::string(names.substr(0, title_end))};
        FieldReader name(names.substr(title_end + 1));
        FieldReader value(line.substr(values_start + 1));
        for (std::string_view word = name.word(); !word.empty(); word = name.word()) {
            group.counters.emplace_back(word, counter_value(value.word()));
        }
        file.groups.push_back(std::move(group));
    });
    return file;
}

std::vector<CounterGroup> parse_snmp6(std::string_view text) {
    std::vector<CounterGroup> groups;
    split_lines(text, [&](std::string_view line) {
        FieldReader fields(line);
        const std::string_view name = fields.word();
        const std::string_view value = fields.word();
        if (value.empty()) {
            return;
        }
        if (groups.empty() || name.find(groups.back().title) == std::string_view::npos) {
            groups.push_back({.title = title_of(name)});
        }
        groups.back().counters.emplace_back(name, counter_value(value));
    });
    return groups;
}

CounterGroup parse_sctp_snmp(std::string_view text) {
    CounterGroup group{.title = "Sctp"};
    split_lines(text, [&](std::string_view line) {
        FieldReader fields(line);
        const std::string_view name = fields.word();
        const std::string_view value = fields.word();
        if (!value.empty()) {
            group.counters.emplace_back(name, counter_value(value));
        }
    });
    return group;
}

}  // namespace tcpdx::proc_tables
