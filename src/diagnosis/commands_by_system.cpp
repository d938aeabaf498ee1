#include "diagnosis/commands_by_system.h"

#include <algorithm>
#include <array>
#include <optional>
#include <vector>

#include "model/tcp_state.h"

namespace tcpdx::diagnosis {
namespace {

bool is_linux(HostSystem system) {
    return system == HostSystem::Linux || system == HostSystem::Unknown;
}

// What a command of ss asks for.
struct SocketQuery {
    std::string_view options;  // "-tanpie"
    std::vector<TcpState> states;
    std::string_view local_port;
    std::string_view remote_port;
    std::string_view remote_address;
    std::string_view pid;

    [[nodiscard]] bool shows_owners() const {
        return options.find('p') != std::string_view::npos || !pid.empty();
    }
    [[nodiscard]] bool listeners_only() const {
        return options.find('l') != std::string_view::npos;
    }
};

std::vector<std::string_view> words_of(std::string_view text) {
    constexpr std::string_view kBetween = " '\"|";
    std::vector<std::string_view> words;
    for (;;) {
        const std::size_t begin = text.find_first_not_of(kBetween);
        if (begin == std::string_view::npos) {
            return words;
        }
        text.remove_prefix(begin);
        words.push_back(text.substr(0, text.find_first_of(kBetween)));
        text.remove_prefix(words.back().size());
    }
}

// "192.0.2.1:443", "[2001:db8::1]:443", "192.0.2.1", "2001:db8::1"
void split_address(std::string_view text, SocketQuery& query) {
    const std::size_t colon = text.rfind(':');
    const bool bracketed = text.starts_with('[');
    const bool one_colon = colon != std::string_view::npos && text.find(':') == colon;
    if (bracketed ? text.find("]:") != std::string_view::npos : one_colon) {
        query.remote_port = text.substr(colon + 1);
        text = text.substr(0, colon);
    }
    if (text.starts_with('[') && text.ends_with(']')) {
        text = text.substr(1, text.size() - 2);
    }
    query.remote_address = text;
}

std::optional<SocketQuery> parse_ss(std::string_view command) {
    const std::vector<std::string_view> words = words_of(command);
    if (words.empty() || words.front() != "ss") {
        return std::nullopt;
    }
    SocketQuery query;
    const auto after = [&](std::size_t i) {
        return i + 1 < words.size() ? words[i + 1] : std::string_view();
    };
    for (std::size_t i = 1; i < words.size(); ++i) {
        const std::string_view word = words[i];
        if (word == "state") {
            if (const auto state = parse_tcp_state(after(i))) {
                query.states.push_back(*state);
            }
        } else if (word == "dst") {
            split_address(after(i), query);
        } else if (word.starts_with("pid=")) {
            query.pid = word.substr(4);
        } else if (word.starts_with(':') && i >= 2 && words[i - 1] == "=") {
            (words[i - 2] == "sport" ? query.local_port : query.remote_port) = word.substr(1);
        } else if (word.starts_with('-')) {
            query.options = word;
        }
    }
    if (query.listeners_only()) {
        query.states = {TcpState::Listen};
    }
    return query;
}

std::string_view bsd_name(TcpState state) {
    switch (state) {
        case TcpState::SynReceived:
            return "SYN_RCVD";
        case TcpState::FinWait1:
            return "FIN_WAIT_1";
        case TcpState::FinWait2:
            return "FIN_WAIT_2";
        case TcpState::Closed:
            return "CLOSED";
        case TcpState::Listen:
        case TcpState::SynSent:
        case TcpState::Established:
        case TcpState::CloseWait:
        case TcpState::Closing:
        case TcpState::LastAck:
        case TcpState::TimeWait:
            break;
    }
    return netstat_name(state);
}

// As PowerShell's enumeration spells it: "FinWait1".
std::string windows_name(TcpState state) {
    if (state == TcpState::Closed) {
        return "Closed";
    }
    std::string name;
    bool begins = true;
    for (const char letter : rfc_name(state)) {
        if (letter == '-') {
            begins = true;
            continue;
        }
        name += begins || letter < 'A' ? letter : static_cast<char>(letter - 'A' + 'a');
        begins = false;
    }
    return name;
}

template <class Name>
std::string joined(const std::vector<TcpState>& states, std::string_view between,
                   const Name& name) {
    std::string text;
    for (const TcpState state : states) {
        text += text.empty() ? "" : between;
        text += name(state);
    }
    return text;
}

std::string on_windows(const SocketQuery& query) {
    std::string command = "Get-NetTCPConnection";
    const auto add = [&](const char* option, std::string_view value) {
        if (!value.empty()) {
            command += std::string(" -") + option + " " + std::string(value);
        }
    };
    add("State", joined(query.states, ",", windows_name));
    add("LocalPort", query.local_port);
    add("RemoteAddress", query.remote_address);
    add("RemotePort", query.remote_port);
    add("OwningProcess", query.pid);
    return command;
}

std::string with_greps(std::string command, const SocketQuery& query) {
    if (!query.states.empty() && !query.listeners_only()) {
        const std::string names = joined(query.states, "|", bsd_name);
        command += query.states.size() == 1 ? " | grep " + names : " | grep -E '" + names + "'";
    }
    if (!query.remote_address.empty()) {
        command += " | grep -F " + std::string(query.remote_address);
    }
    for (const std::string_view port : {query.local_port, query.remote_port}) {
        if (!port.empty()) {
            // Addresses end in ".8080" there, not in ":8080".
            command += " | grep '[.]" + std::string(port) + " '";
        }
    }
    return command;
}

std::string on_macos(const SocketQuery& query) {
    if (!query.shows_owners()) {
        return with_greps(query.listeners_only() ? "netstat -anL -p tcp" : "netstat -an -p tcp",
                          query);
    }
    const std::string_view port = query.local_port.empty() ? query.remote_port : query.local_port;
    std::string command = "lsof -nP -a -iTCP";
    if (!query.remote_address.empty()) {
        const bool v6 = query.remote_address.find(':') != std::string_view::npos;
        command += "@" + (v6 ? "[" + std::string(query.remote_address) + "]"
                             : std::string(query.remote_address));
    }
    command += port.empty() ? "" : ":" + std::string(port);
    if (!query.states.empty()) {
        command += " -sTCP:" + joined(query.states, ",", bsd_name);
    }
    return query.pid.empty() ? command : command + " -p " + std::string(query.pid);
}

std::string on_freebsd(const SocketQuery& query) {
    if (!query.shows_owners()) {
        return with_greps(query.listeners_only() ? "netstat -anL -p tcp" : "netstat -an -p tcp",
                          query);
    }
    std::string command = query.listeners_only() ? "sockstat -l -P tcp" : "sockstat -s -P tcp";
    const std::string_view port = query.local_port.empty() ? query.remote_port : query.local_port;
    command += port.empty() ? "" : " -p " + std::string(port);
    SocketQuery rest = query;
    rest.local_port = rest.remote_port = {};
    command = with_greps(command, rest);
    return query.pid.empty() ? command : command + " | grep -w " + std::string(query.pid);
}

std::string translated(HostSystem system, const SocketQuery& query) {
    switch (system) {
        case HostSystem::Windows:
            return on_windows(query);
        case HostSystem::MacOs:
            return on_macos(query);
        case HostSystem::FreeBsd:
            return on_freebsd(query);
        case HostSystem::OpenBsd:
            return with_greps("netstat -an -p tcp", query);
        case HostSystem::Solaris:
            // -u, who holds it, since Solaris 11.2 and illumos.
            return with_greps(query.shows_owners() ? "netstat -anu -P tcp" : "netstat -an -P tcp",
                              query);
        case HostSystem::Aix:
            // -A shows the address of the control block, from which rmsock names the process.
            return with_greps(query.shows_owners() ? "netstat -Aan -f inet" : "netstat -an -f inet",
                              query);
        case HostSystem::Linux:
        case HostSystem::Unknown:
            break;
    }
    return "";
}

// What the threads of a process wait for; the first number in the command is its pid.
std::string stacks_of(HostSystem system, std::string_view command) {
    const std::size_t digits = command.find_first_of("0123456789");
    const std::string pid(
        digits == std::string_view::npos
            ? "PID"
            : command.substr(digits, command.find_first_not_of("0123456789", digits) - digits));
    switch (system) {
        case HostSystem::MacOs:
            return "sample " + pid;
        case HostSystem::FreeBsd:
            return "procstat -kk " + pid;
        case HostSystem::Solaris:
            return "pstack " + pid;
        case HostSystem::Aix:
            return "procstack " + pid;
        case HostSystem::OpenBsd:
        case HostSystem::Windows:
        case HostSystem::Linux:
        case HostSystem::Unknown:
            break;
    }
    return "";
}

bool contains(std::string_view text, std::string_view part) {
    return text.find(part) != std::string_view::npos;
}

std::string pinged(HostSystem system, std::string_view command) {
    const std::string address(command.substr(command.rfind(' ') + 1));
    if (contains(command, "-M do")) {
        return "";  // every system has its own way, and some none
    }
    if (system == HostSystem::Windows) {
        return "ping -n 3 " + address;
    }
    return system == HostSystem::Solaris ? "ping -s " + address + " 56 3" : std::string(command);
}

std::string captured(HostSystem system, std::string_view command) {
    if (system == HostSystem::Windows || system == HostSystem::Solaris) {
        return "";
    }
    constexpr std::string_view kAnyInterface = "-ni any";
    std::string text(command);
    // Only Linux and macOS can listen on all interfaces at once.
    if (const std::size_t at = text.find(kAnyInterface);
        system != HostSystem::MacOs && at != std::string::npos) {
        text.replace(at, kAnyInterface.size(), "-n");
    }
    return text;
}

// A text that speaks of what only a Linux host has, or of a number that is Linux's own.
bool is_about_linux(std::string_view text) {
    static constexpr std::array<std::string_view, 26> kSigns{
        "net.",        "tcp_",        "TcpExt",   "somaxconn", "ss -",      "nft ",  "nftables",
        "iptables",    "ip rule",     "ip route", "sysctl",    "conntrack", "nstat", "/proc",
        "LimitNOFILE", "SYN cookies", "IP_BIND_", "TCP_USER_", "TCP_DEFER", "tcpdx", "CAP_",
        "--sample",    "epoll",       "60 s",     "INPUT",     "OUTPUT",
    };
    return std::any_of(kSigns.begin(), kSigns.end(),
                       [&](std::string_view sign) { return contains(text, sign); });
}

}  // namespace

std::string command_on(HostSystem system, std::string_view linux_command) {
    if (is_linux(system) || linux_command.empty()) {
        return std::string(linux_command);
    }
    if (const auto query = parse_ss(linux_command)) {
        return translated(system, *query);
    }
    if (linux_command.starts_with("ping ")) {
        return pinged(system, linux_command);
    }
    if (linux_command.starts_with("tcpdump ")) {
        return captured(system, linux_command);
    }
    if (linux_command.starts_with("cd /proc/") && contains(linux_command, "/stack")) {
        return stacks_of(system, linux_command);
    }
    return "";
}

std::string deciding_command(HostSystem system) {
    switch (system) {
        case HostSystem::Windows:
            return "Get-NetTCPConnection | Sort-Object State | Format-Table LocalAddress,LocalPort,"
                   "RemoteAddress,RemotePort,State,OwningProcess,CreationTime -AutoSize";
        case HostSystem::MacOs:
            return "sudo lsof -nP -iTCP";
        case HostSystem::FreeBsd:
            return "sockstat -s -P tcp; netstat -an -p tcp; netstat -anL -p tcp";
        case HostSystem::OpenBsd:
            return "netstat -an -p tcp; fstat | grep tcp";
        case HostSystem::Solaris:
            return "netstat -anu -P tcp";
        case HostSystem::Aix:
            return "netstat -Aan -f inet";
        case HostSystem::Linux:
        case HostSystem::Unknown:
            break;
    }
    return "sudo ss -tanpie";
}

void fit_to_system(Finding& finding, HostSystem system) {
    if (is_linux(system)) {
        return;
    }
    for (Observation& fact : finding.evidence) {
        fact.check = command_on(system, fact.check);
    }
    const auto about_linux = [](const Message& message) { return is_about_linux(message.text); };
    std::erase_if(finding.candidates,
                  [&](const Candidate& candidate) { return about_linux(candidate.cause); });
    for (Candidate& candidate : finding.candidates) {
        candidate.command = command_on(system, candidate.command);
        if (about_linux(candidate.decided_by)) {
            candidate.decided_by = {};
        }
    }
    if (finding.candidates.size() == 1) {
        finding.candidates.clear();  // the others are not possible there, but neither proves it
    }
    std::erase_if(finding.unknown, about_linux);
    std::erase_if(finding.advice, about_linux);
}

}  // namespace tcpdx::diagnosis
