#include "sources/procfs/kernel_counters.h"

#include <fcntl.h>

#include <string>

#include "base/words.h"
#include "sources/procfs/proc_file.h"

namespace tcpdx::procfs {
namespace {

// "TcpExt" of "TcpExt: SyncookiesSent ..."; the line is left with what follows.
std::optional<std::string_view> take_prefix(std::string_view& line) {
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) {
        return std::nullopt;
    }
    const std::string_view prefix = line.substr(0, colon);
    line.remove_prefix(colon + 1);
    return prefix;
}

// A number that stands at the very end of a file may have been cut, so a line must have its
// newline.
std::optional<std::string_view> take_whole_line(std::string_view& text) {
    return text.find('\n') == std::string_view::npos ? std::nullopt : take_line(text);
}

void parse_protocol_totals(std::string_view line, SocketTotals& totals) {
    while (const auto name = take_word(line)) {
        const auto word = take_word(line);
        const auto value = word ? number_in<std::uint64_t>(*word) : std::nullopt;
        if (*name == "inuse") {
            totals.in_use = value;
        } else if (*name == "orphan") {
            totals.orphans = value;
        } else if (*name == "tw") {
            totals.time_wait = value;
        } else if (*name == "alloc") {
            totals.allocated = value;
        } else if (*name == "mem") {
            totals.memory_pages = value;
        }
    }
}

}  // namespace

void parse_counter_pairs(std::string_view text, Counters& counters) {
    while (auto names = take_whole_line(text)) {
        auto values = take_whole_line(text);
        const auto prefix = take_prefix(*names);
        if (!values || !prefix || take_prefix(*values) != prefix) {
            return;
        }
        while (const auto name = take_word(*names)) {
            const auto value = take_word(*values);
            if (!value) {
                break;
            }
            // Tcp: MaxConn is -1 on every Linux, and no counter.
            if (const auto number = number_in<std::uint64_t>(*value)) {
                std::string full;
                full.reserve(prefix->size() + name->size());
                counters.set(full.append(*prefix).append(*name), *number);
            }
        }
    }
}

void parse_counter_lines(std::string_view text, Counters& counters) {
    while (auto line = take_whole_line(text)) {
        const auto name = take_word(*line);
        const auto value = take_word(*line);
        const auto number = value ? number_in<std::uint64_t>(*value) : std::nullopt;
        if (number) {
            counters.set(std::string(*name), *number);
        }
    }
}

SocketTotals parse_socket_totals(std::string_view sockstat, std::string_view sockstat6) {
    SocketTotals totals;
    while (auto line = take_whole_line(sockstat)) {
        if (take_prefix(*line) == "TCP") {
            parse_protocol_totals(*line, totals);
        }
    }
    while (auto line = take_whole_line(sockstat6)) {
        if (take_prefix(*line) == "TCP6") {
            SocketTotals v6;
            parse_protocol_totals(*line, v6);
            if (totals.in_use && v6.in_use) {
                *totals.in_use += *v6.in_use;
            }
        }
    }
    return totals;
}

Result<Counters> read_counters(const char* net_directory) {
    const UniqueFd directory = TRY(open_directory(AT_FDCWD, net_directory));
    Counters counters;
    parse_counter_pairs(TRY(read_file(directory.get(), "snmp")), counters);
    parse_counter_pairs(TRY(read_file(directory.get(), "netstat")), counters);
    if (const auto v6 = read_file(directory.get(), "snmp6")) {
        parse_counter_lines(*v6, counters);
    }
    return counters;
}

Result<SocketTotals> read_socket_totals(const char* net_directory) {
    const UniqueFd directory = TRY(open_directory(AT_FDCWD, net_directory));
    const std::string v4 = TRY(read_file(directory.get(), "sockstat"));
    const auto v6 = read_file(directory.get(), "sockstat6");
    return parse_socket_totals(v4, v6 ? std::string_view(*v6) : std::string_view());
}

}  // namespace tcpdx::procfs
