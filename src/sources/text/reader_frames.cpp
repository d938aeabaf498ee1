// The lines around the rows: commands, headers, banners, counts and counters.

#include <algorithm>
#include <functional>

#include "sources/text/reader.h"

namespace tcpdx::text {
namespace {

// What stands below a header or a banner counts more than how a single row is written.
constexpr std::size_t kSaidSo = 1000;

std::uint64_t hash_of(std::string_view text) {
    return std::hash<std::string_view>{}(trimmed(text)) | 1U;
}

std::string_view name_of(Tool tool) {
    switch (tool) {
        case Tool::None:
            return {};
        case Tool::Netstat:
            return "netstat";
        case Tool::Ss:
            return "ss";
        case Tool::Lsof:
            return "lsof";
        case Tool::Nstat:
            return "nstat";
        case Tool::ProcNetTcp:
            return "/proc/net/tcp";
        case Tool::PowerShell:
            return "Get-NetTCPConnection";
        case Tool::Sockstat:
            return "sockstat";
    }
    return {};
}

Tool tool_of(Layout layout) {
    switch (layout) {
        case Layout::Netstat:
        case Layout::Windows:
        case Layout::Solaris:
        case Layout::ListenQueue:
            return Tool::Netstat;
        case Layout::Ss:
            return Tool::Ss;
        case Layout::PowerShell:
            return Tool::PowerShell;
        case Layout::Sockstat:
            return Tool::Sockstat;
        case Layout::Lsof:
            return Tool::Lsof;
        case Layout::Proc:
            return Tool::ProcNetTcp;
        case Layout::Bare:
            return Tool::None;
    }
    return Tool::None;
}

HostSystem system_of(Layout layout) {
    switch (layout) {
        case Layout::Windows:
        case Layout::PowerShell:
            return HostSystem::Windows;
        case Layout::Ss:
        case Layout::Proc:
            return HostSystem::Linux;
        case Layout::Solaris:
            return HostSystem::Solaris;
        case Layout::ListenQueue:
        case Layout::Sockstat:
            return HostSystem::FreeBsd;
        case Layout::Netstat:
        case Layout::Lsof:
        case Layout::Bare:
            return HostSystem::Unknown;
    }
    return HostSystem::Unknown;
}

}  // namespace

void Reader::remember_system(HostSystem system) {
    if (system != HostSystem::Unknown) {
        system_hints_[static_cast<std::size_t>(system)] += kSaidSo;
    }
}

void Reader::remember_tool(std::string_view name) {
    if (!name.empty() &&
        std::find(paste_.tools.begin(), paste_.tools.end(), name) == paste_.tools.end()) {
        paste_.tools.emplace_back(name);
    }
}

void Reader::remember_tool_of(const Row& row) {
    if (row.layout != last_layout_ || paste_.tools.empty()) {
        remember_tool(name_of(tool_of(row.layout)));
    }
    const HostSystem system =
        row.system != HostSystem::Unknown ? row.system : system_of(row.layout);
    ++system_hints_[static_cast<std::size_t>(system)];
}

HostSystem Reader::guessed_system() const {
    std::size_t best = 0;
    for (std::size_t i = 1; i < system_hints_.size(); ++i) {
        if (system_hints_[i] > (best == 0 ? 0 : system_hints_[best])) {
            best = i;
        }
    }
    return best == 0 ? likely_system_ : static_cast<HostSystem>(best);
}

bool Reader::take_frame(std::string_view line, const Tokens& tokens) {
    return take_command(line) || take_header(tokens) || take_banner(line) || take_numbers(tokens);
}

bool Reader::take_command(std::string_view line) {
    const auto command = parse_command(line);
    if (!command) {
        if (const auto prompt = parse_prompt(line)) {
            remember_system(prompt->system);
            if (prompt->as_root.value_or(false) && line.find("root@") != std::string_view::npos) {
                clues_.prompt_as_root = true;
            }
        }
        return false;
    }
    command_ = *command;
    command_.text = {};
    context_ = TableContext{};
    context_.is_ss = command->tool == Tool::Ss;
    context_.only_state = command->only_state;
    context_.udp_only = command->udp_only;
    collector_.begin_listing(0, hash_of(command->text));
    if (command_tool_.empty()) {
        command_tool_ = name_of(command->tool);
    }
    if (paste_.command.empty()) {
        constexpr std::size_t kLongest = 300;
        paste_.command = printable_excerpt(command->text, kLongest);
    }
    remember_system(command->system);
    if (command->as_root && !clues_.prompt_as_root.value_or(false)) {
        clues_.prompt_as_root = command->as_root;
    }
    paste_.cut_off = paste_.cut_off || command->cut_off;
    const bool lists = command->tool == Tool::Netstat || command->tool == Tool::Ss;
    if (lists && !command->counts && !command->selected) {
        clues_.asked_for_all = clues_.asked_for_all || command->all;
        clues_.asked_for_listeners_only =
            clues_.asked_for_listeners_only || command->only_listeners;
    }
    return true;
}

bool Reader::take_header(const Tokens& tokens) {
    const auto header = parse_header(tokens);
    if (!header) {
        return false;
    }
    remember_system(header->system);
    if (header->likely != HostSystem::Unknown) {
        likely_system_ = header->likely;
    }
    if (!header->sockets) {
        return true;
    }
    const TableContext asked = context_;
    context_ = header->table;
    if (header->tool == Tool::Ss) {
        context_.only_state = context_.has_state_column ? std::nullopt : command_.only_state;
        context_.udp_only = asked.udp_only;
    }
    clues_.owner_column = clues_.owner_column || header->table.has_pid_column;
    remember_tool(name_of(header->tool));
    collector_.begin_listing(hash_of(tokens.line()), 0);
    return true;
}

bool Reader::take_banner(std::string_view line) {
    const auto banner = parse_banner(line);
    if (!banner) {
        return false;
    }
    remember_system(banner->system);
    clues_.warned_not_root = clues_.warned_not_root || banner->not_root;
    if (banner->listeners) {
        clues_.banner_listeners = clues_.banner_listeners.value_or(false) || *banner->listeners;
    }
    if (banner->connections) {
        clues_.banner_connections =
            clues_.banner_connections.value_or(false) || *banner->connections;
    }
    return true;
}

// Counts keep the state's spelling, which tells who counted.
void Reader::remember_system_of_word(const Tokens& tokens) {
    struct Spelling {
        std::string_view word;
        HostSystem system;
    };
    static constexpr Spelling kSpellings[] = {
        {"FIN_WAIT1", HostSystem::Linux},   {"FIN_WAIT2", HostSystem::Linux},
        {"SYN_RECV", HostSystem::Linux},    {"ESTAB", HostSystem::Linux},
        {"TIME-WAIT", HostSystem::Linux},   {"CLOSE-WAIT", HostSystem::Linux},
        {"LISTENING", HostSystem::Windows}, {"SYN_RECEIVED", HostSystem::Windows},
        {"TimeWait", HostSystem::Windows},  {"CloseWait", HostSystem::Windows},
    };
    for (std::size_t i = 0; i < tokens.size(); ++i) {
        for (const Spelling& known : kSpellings) {
            if (tokens[i] == known.word) {
                ++system_hints_[static_cast<std::size_t>(known.system)];
            }
        }
    }
}

// The number below `… | grep TIME_WAIT | wc -l`.
bool Reader::take_bare_count(const Tokens& tokens) {
    if (!command_.counted_state || tokens.size() != 1 || !all_digits(tokens[0])) {
        return false;
    }
    const auto number = number_in<std::uint64_t>(tokens[0]);
    if (!number || *number < command_.counted_headings) {
        return false;
    }
    take_state_count(*command_.counted_state, *number - command_.counted_headings, false);
    command_.counted_state.reset();
    return true;
}

// "net.ipv4.ip_local_port_range = 32768  60999": what sysctl prints.
bool Reader::take_kernel_option(const Tokens& tokens) {
    static constexpr std::string_view kOfLinux[] = {"net.core.", "net.ipv4.", "net.ipv6.",
                                                    "net.netfilter."};
    if (tokens.size() < 3 || tokens[1] != "=" ||
        std::none_of(std::begin(kOfLinux), std::end(kOfLinux),
                     [&](std::string_view start) { return tokens[0].starts_with(start); })) {
        return false;
    }
    std::string value(tokens[2]);
    for (std::size_t i = 3; i < tokens.size(); ++i) {
        value.append(" ").append(tokens[i]);
    }
    options_.set(std::string(tokens[0]), std::move(value));
    remember_system(HostSystem::Linux);
    return true;
}

// A state that is counted again begins another sample, unless its counts are to be added.
void Reader::take_state_count(TcpState state, std::uint64_t count, bool added) {
    const auto index = static_cast<std::size_t>(state);
    const bool again = !counts_.empty() && counts_.back()[index] && !added;
    if (counts_.empty() || again) {
        counts_.emplace_back();
    }
    auto& known = counts_.back()[index];
    known = known.value_or(0) + std::min<std::uint64_t>(count, UINT32_MAX);
}

bool Reader::take_numbers(const Tokens& tokens) {
    constexpr std::size_t kMostWordsOfCount = 9;
    if (take_bare_count(tokens) || take_kernel_option(tokens)) {
        return true;
    }
    if (tokens.size() <= kMostWordsOfCount) {
        if (is_counted_header(tokens)) {
            return true;
        }
        if (const auto count = parse_state_count(tokens)) {
            take_state_count(count->state, count->count, count->added);
            remember_system_of_word(tokens);
            return true;
        }
    }
    if (read_summary_line(summary_, tokens)) {
        remember_tool(tokens[0] == "sockets:" ? std::string_view() : name_of(Tool::Ss));
        remember_system(HostSystem::Linux);
        return true;
    }
    if (!counters_.take_line(tokens)) {
        return false;
    }
    remember_tool(counters_.tool());
    if (counters_.of_linux()) {
        remember_system(HostSystem::Linux);
    }
    return true;
}

}  // namespace tcpdx::text
