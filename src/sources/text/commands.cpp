#include "sources/text/commands.h"

#include <algorithm>

#include "sources/text/state_words.h"
#include "sources/text/tokens.h"

namespace tcpdx::text {
namespace {

struct ToolName {
    std::string_view name;
    Tool tool;
};
constexpr ToolName kTools[] = {
    {"netstat", Tool::Netstat}, {"netstat.exe", Tool::Netstat},
    {"ss", Tool::Ss},           {"lsof", Tool::Lsof},
    {"nstat", Tool::Nstat},     {"Get-NetTCPConnection", Tool::PowerShell},
};
constexpr std::string_view kProcFiles[] = {"/proc/net/tcp", "/proc/net/tcp6"};

bool starts_with_ignoring_case(std::string_view text, std::string_view start) {
    return text.size() >= start.size() && same_ignoring_case(text.substr(0, start.size()), start);
}

// The prompt before a command, as far as `line` has one; moves `line` behind it.
std::optional<Prompt> take_prompt(std::string_view& line) {
    line = trimmed(line);
    // "PS C:\Users\User>", "C:\Windows\system32>"
    const bool power_shell = line.starts_with("PS ");
    const std::string_view path = power_shell ? trimmed(line.substr(3)) : line;
    if (path.size() >= 3 && is_letter(path[0]) && path[1] == ':' &&
        (path[2] == '\\' || path[2] == '>')) {  // "C:\>" looks like an escape of Markdown
        const std::size_t end = line.find('>');
        if (end == std::string_view::npos) {
            return std::nullopt;
        }
        line = trimmed(line.substr(end + 1));
        return Prompt{HostSystem::Windows, std::nullopt};
    }
    // The mark is a word's last character: "[root@host ~]#", "host:~ user$", "%", "(node) $".
    // Looked for in the first few words only, so that prose and long lines cost nothing.
    std::size_t at = 0;
    constexpr std::size_t kLongestPrompt = 80;
    for (int word = 0; word < 4 && at < line.size() && at < kLongestPrompt; ++word) {
        while (at < line.size() && is_blank(line[at])) {
            ++at;
        }
        const std::size_t begin = at;
        while (at < line.size() && !is_blank(line[at])) {
            const char c = line[at];
            const char next = at + 1 < line.size() ? line[at + 1] : ' ';
            const bool mark = c == '$' || c == '#' || c == '%' || c == '>';
            // "$netstat" and "#netstat": glued, but only behind nothing or a closed prompt.
            const bool glued = mark && is_letter(next) &&
                               (at == 0 || line[at - 1] == ']' || line[at - 1] == '~' ||
                                line[at - 1] == ' ' || line[at - 1] == '/' ||
                                line.substr(begin, at - begin).find('@') != std::string_view::npos);
            if (mark && (is_blank(next) || glued)) {
                const std::string_view prompt = line.substr(0, at + 1);
                line = trimmed(line.substr(at + 1));
                Prompt found;
                if (c == '#' || prompt.find("root@") != std::string_view::npos) {
                    found.as_root = true;
                } else if (c != '>') {
                    found.as_root = false;
                }
                return found;
            }
            ++at;
        }
    }
    return std::nullopt;
}

std::optional<Tool> tool_named(std::string_view word) {
    for (const std::string_view file : kProcFiles) {
        if (word == file) {
            return Tool::ProcNetTcp;
        }
    }
    if (const std::size_t slash = word.rfind('/'); slash != std::string_view::npos) {
        word = word.substr(slash + 1);
    }
    for (const ToolName& known : kTools) {
        if (same_ignoring_case(word, known.name)) {
            return known.tool;
        }
    }
    return std::nullopt;
}

// Words that may stand between the prompt and the tool.
bool is_wrapper(std::string_view word) {
    static constexpr std::string_view kWrappers[] = {
        "sudo",    "watch", "time",   "while",   "true;",   "do",    "cat",      "doas",
        "busybox", "exec",  "docker", "kubectl", "nsenter", "cmd:",  "command:", "run",
        "ip",      "netns", "su",     "-c",      "for",     "date;", "sh",       "bash",
        "root",    "adb",   "shell",  "ssh",     "timeout", "nice",  "env"};
    return std::find(std::begin(kWrappers), std::end(kWrappers), word) != std::end(kWrappers) ||
           word.front() == '-' || word.front() == '\'' || word.front() == '"' ||
           word.find('=') != std::string_view::npos || all_digits(word);
}

// What follows the name of a tool in a command, but hardly ever in a sentence.
bool continues_command(std::string_view word, Tool tool) {
    if (word.empty() || word.front() == '-' || word.front() == '|' || word.front() == '>' ||
        word.front() == ';' || word.front() == '/' || word.front() == '#' || word.front() == '&' ||
        word.front() == '\'' || word.front() == '"' || word.front() == '\\') {
        return true;
    }
    if (tool == Tool::Ss) {
        static constexpr std::string_view kFilters[] = {"state", "sport",   "dport", "src", "dst",
                                                        "(",     "exclude", "not",   "dev"};
        if (std::find(std::begin(kFilters), std::end(kFilters), word) != std::end(kFilters)) {
            return true;
        }
    }
    return all_digits(word);
}

class CommandReader {
public:
    explicit CommandReader(Command& command) : command_(command) {}

    void read_arguments(std::string_view text) {
        bool piped = false;
        bool after_state = false;
        while (true) {
            const std::string_view word = next_word(text);
            if (word.empty()) {
                break;
            }
            if (word.front() == '#' && word.size() > 1) {
                break;  // a comment
            }
            if (word.find('|') != std::string_view::npos) {
                piped = true;
                read_filter(word.substr(word.find('|') + 1));
                continue;
            }
            if (piped) {
                read_filter(word);
                continue;
            }
            if (after_state) {
                command_.only_state = parse_tcp_state(word);
                command_.selected = command_.selected || !is_whole_class(word);
                after_state = false;
                continue;
            }
            if (command_.tool == Tool::Ss && word == "state") {
                after_state = true;
                continue;
            }
            if (word.starts_with("--")) {
                read_long_option(word.substr(2));
            } else if (word.front() == '-' || (word.front() == '/' && word.size() == 2)) {
                read_letters(word.substr(1));
            } else if (command_.tool == Tool::Ss || command_.tool == Tool::PowerShell) {
                command_.selected = command_.selected || is_ss_filter(word);
            }
        }
        finish();
    }

private:
    // "all", "connected": classes of states, not a single one.
    static bool is_whole_class(std::string_view word) { return word == "all"; }

    static bool is_ss_filter(std::string_view word) {
        static constexpr std::string_view kFilters[] = {"sport", "dport", "src", "dst",
                                                        "'(",    "(",     "not", "exclude"};
        return std::any_of(std::begin(kFilters), std::end(kFilters), [&](std::string_view filter) {
            return word.starts_with(filter) ||
                   (word.size() > 1 && word.substr(1).starts_with(filter));
        });
    }

    void read_letters(std::string_view letters) {
        const bool windows = command_.system == HostSystem::Windows;
        for (const char c : letters) {
            all_ = all_ || c == 'a';
            listening_ = listening_ || (c == 'l' && command_.tool != Tool::Lsof);
            tcp_ = tcp_ || c == 't';
            udp_ = udp_ || c == 'u';
            command_.shows_owners = command_.shows_owners || (c == 'p' && !windows) ||
                                    (windows && (c == 'o' || c == 'b'));
            command_.shows_timers = command_.shows_timers || (c == 'o' && !windows);
        }
        if (command_.tool == Tool::Lsof && letters.starts_with("iTCP:")) {
            command_.selected = true;
        }
        if (command_.tool == Tool::Lsof && letters.find(':') != std::string_view::npos) {
            command_.selected = true;
        }
        if (command_.tool == Tool::PowerShell &&
            (starts_with_ignoring_case(letters, "LocalPort") ||
             starts_with_ignoring_case(letters, "RemotePort") ||
             starts_with_ignoring_case(letters, "State") ||
             starts_with_ignoring_case(letters, "OwningProcess") ||
             starts_with_ignoring_case(letters, "RemoteAddress"))) {
            command_.selected = true;
        }
    }

    void read_long_option(std::string_view name) {
        all_ = all_ || name == "all";
        listening_ = listening_ || name == "listening";
        tcp_ = tcp_ || name == "tcp";
        udp_ = udp_ || name == "udp";
        command_.shows_owners =
            command_.shows_owners || name == "programs" || name == "program" || name == "processes";
        command_.shows_timers = command_.shows_timers || name == "timers" || name == "options";
    }

    // Of the words behind a pipe: which lines are left, and whether only their number is shown.
    void read_counting(std::string_view word) {
        if (word.empty()) {
            return;
        }
        const bool grep = word == "grep" || word == "egrep" || word == "fgrep";
        grep_ = grep_ || grep;
        if (word.front() == '-' && !word.starts_with("--")) {
            inverted_ = inverted_ || word.find('v') != std::string_view::npos;
            counts_lines_ = counts_lines_ || word.find(wc_ ? 'l' : 'c') != std::string_view::npos;
            return;
        }
        wc_ = wc_ || word == "wc";
        if (const std::string_view bare = without_quotes(word); grep_ && written_as_state(bare)) {
            several_ = several_ || grepped_.has_value();
            grepped_ = parse_state_word(bare)->state;
        }
    }

    void read_filter(std::string_view word) {
        read_counting(word);
        static constexpr std::string_view kSelecting[] = {
            "grep", "egrep",         "fgrep",        "zgrep", "find", "findstr", "awk", "sed",
            "rg",   "Select-String", "Where-Object", "where", "?",    "sls",     "ag",  "perl"};
        for (const std::string_view one : kSelecting) {
            command_.selected = command_.selected || same_ignoring_case(word, one);
        }
        command_.cut_off = command_.cut_off || word == "head" || word == "tail" || word == "more" ||
                           word == "less";
        command_.counts = command_.counts || word == "wc" || word == "uniq" || word == "awk" ||
                          word == "Group-Object" || word == "measure" || word == "Measure-Object";
    }

    void finish() {
        // Only Linux's netstat has -t, -u and -l; on Windows -t means something else.
        const bool linux_options = command_.tool == Tool::Netstat &&
                                   command_.system != HostSystem::Windows &&
                                   (tcp_ || udp_ || listening_);
        if (linux_options || command_.tool == Tool::Ss || command_.tool == Tool::Nstat ||
            command_.tool == Tool::ProcNetTcp) {
            command_.system = HostSystem::Linux;
        } else if (command_.tool == Tool::PowerShell) {
            command_.system = HostSystem::Windows;
        }
        command_.all = all_;
        command_.only_listeners = listening_ && !all_;
        command_.udp_only = udp_ && !tcp_;
        if (counts_lines_ && !inverted_ && !several_) {
            command_.counts = true;
            command_.counted_state = grepped_ ? grepped_ : command_.only_state;
            command_.counted_headings = command_.tool == Tool::Ss && !grep_ ? 1 : 0;
        }
    }

    static std::string_view without_quotes(std::string_view word) {
        while (!word.empty() && (word.front() == '"' || word.front() == '\'')) {
            word.remove_prefix(1);
        }
        while (!word.empty() && (word.back() == '"' || word.back() == '\'')) {
            word.remove_suffix(1);
        }
        return word;
    }

    Command& command_;
    bool all_ = false;
    bool listening_ = false;
    bool tcp_ = false;
    bool udp_ = false;
    bool grep_ = false;
    bool wc_ = false;
    bool inverted_ = false;  // grep -v
    bool counts_lines_ = false;
    bool several_ = false;  // greps for several states
    std::optional<TcpState> grepped_;
};

}  // namespace

std::optional<Prompt> parse_prompt(std::string_view line) {
    constexpr std::size_t kLongest = 200;
    if (line.size() > kLongest) {
        return std::nullopt;
    }
    return take_prompt(line);
}

std::optional<Command> parse_command(std::string_view line) {
    constexpr std::size_t kLongest = 1000;
    if (line.size() > kLongest) {
        line = line.substr(0, kLongest);
    }
    Command command;
    const auto prompt = take_prompt(line);
    if (prompt) {
        command.system = prompt->system;
        command.as_root = prompt->as_root;
    }
    // Leading marks: "--[[ netstat", "1. netstat", "* netstat".
    bool wrapped = false;
    bool sudo = false;
    constexpr int kMostWords = 12;
    std::string_view rest = line;
    for (int i = 0; i < kMostWords; ++i) {
        std::string_view ahead = rest;
        std::string_view word = next_word(ahead);
        if (word.empty()) {
            return std::nullopt;
        }
        while (!word.empty() && (word.front() == '`' || word.front() == '\'' ||
                                 word.front() == '"' || word.front() == '(')) {
            word.remove_prefix(1);
        }
        if (!word.empty() && word.back() == '|') {
            word.remove_suffix(1);
        }
        if (word.empty()) {
            rest = ahead;
            continue;
        }
        // "netstat|grep", "$(netstat"
        const std::string_view name = word.substr(0, word.find_first_of("|;`"));
        const auto tool = tool_named(name);
        if (tool && (*tool != Tool::ProcNetTcp || wrapped || prompt)) {
            std::string_view after = ahead;
            const std::string_view next = name.size() < word.size() ? "|" : next_word(after);
            // Behind "$" or "C:\\>" everything is a command; "#" may begin a remark as well.
            const bool surely = (prompt && i == 0 && !prompt->as_root.value_or(false)) || sudo;
            if (!surely && !next.empty() && !continues_command(next, *tool)) {
                return std::nullopt;
            }
            if (next.empty() && !prompt && !wrapped && *tool != Tool::Netstat) {
                return std::nullopt;
            }
            command.tool = *tool;
            command.text =
                trimmed(line.substr(static_cast<std::size_t>(word.data() - line.data())));
            CommandReader(command).read_arguments(
                command.text.substr(std::min(name.size(), command.text.size())));
            return command;
        }
        if (word == "sudo" || word == "doas") {
            sudo = true;
            command.as_root = true;
        }
        const bool mark = i == 0 && !is_letter(word.front());
        if (!is_wrapper(word) && !mark && !prompt && !wrapped) {
            return std::nullopt;
        }
        wrapped = wrapped || (is_wrapper(word) && !all_digits(word));
        rest = ahead;
    }
    return std::nullopt;
}

}  // namespace tcpdx::text
