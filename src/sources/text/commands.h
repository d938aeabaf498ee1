#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "model/paste.h"
#include "model/tcp_state.h"

namespace tcpdx::text {

enum class Tool : std::uint8_t {
    None,
    Netstat,
    Ss,
    Lsof,
    Nstat,
    ProcNetTcp,
    PowerShell,
    Sockstat,
};

// A command line that somebody pasted with its output.
struct Command {
    Tool tool = Tool::None;
    std::string_view text;                    // from the tool on: "netstat -antp | grep 80"
    HostSystem system = HostSystem::Unknown;  // as the prompt and the options say
    std::optional<bool> as_root;              // sudo, or the prompt of root
    bool selected = false;                    // grep, a filter: not all rows
    bool cut_off = false;                     // head, tail
    bool counts = false;                      // wc, uniq -c, awk: what follows are counts
    bool shows_owners = false;                // -p, -o on Windows
    bool shows_timers = false;
    bool all = false;                    // -a
    bool only_listeners = false;         // -l
    bool udp_only = false;               // -u without -t
    std::optional<TcpState> only_state;  // ss state time-wait
    // `… | grep TIME_WAIT | wc -l`, `… | grep -c TIME_WAIT`, `ss state time-wait | wc -l`: the
    // number that follows counts this state, and `counted_headings` lines of heading.
    std::optional<TcpState> counted_state;
    std::uint32_t counted_headings = 0;
};

// Nothing when the line is no command of a tool that lists sockets: prose mentions them too.
[[nodiscard]] std::optional<Command> parse_command(std::string_view line);

// The prompt at the end of a listing, or of another command: "[root@host ~]#", "C:\>", "$ date".
struct Prompt {
    HostSystem system = HostSystem::Unknown;
    std::optional<bool> as_root;
};
[[nodiscard]] std::optional<Prompt> parse_prompt(std::string_view line);

}  // namespace tcpdx::text
