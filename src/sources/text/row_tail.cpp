#include "sources/text/row_tail.h"

#include <algorithm>
#include <charconv>
#include <chrono>

#include "sources/text/state_words.h"

namespace tcpdx::text {
namespace {

std::uint8_t at_most_255(std::uint64_t number) {
    return static_cast<std::uint8_t>(std::min<std::uint64_t>(number, UINT8_MAX));
}

// "7196.98" seconds; some languages have a comma.
std::optional<std::chrono::milliseconds> take_seconds(std::string_view& text) {
    const auto whole = take_number(text);
    constexpr std::uint64_t kMost = 100UL * 365 * 24 * 3600;
    if (!whole || *whole > kMost) {
        return std::nullopt;
    }
    std::int64_t milliseconds = static_cast<std::int64_t>(*whole) * 1000;
    if (!text.empty() && (text.front() == '.' || text.front() == ',')) {
        text.remove_prefix(1);
        std::int64_t scale = 100;
        while (!text.empty() && is_digit(text.front())) {
            milliseconds += (text.front() - '0') * scale;
            scale /= 10;
            text.remove_prefix(1);
        }
    }
    return std::chrono::milliseconds(milliseconds);
}

bool looks_like_timer_numbers(std::string_view word) {
    return word.size() >= 7 && word.front() == '(' && is_digit(word[1]) &&
           word.find('/') != std::string_view::npos;
}

// "off(0.00/0/0)" of some copies, and "off" "(0.00/0/0)". Returns the token behind it.
std::size_t read_timer(Row& row, const Tokens& tokens, std::size_t at, std::size_t end) {
    const std::string_view word = tokens[at];
    const std::size_t bracket = word.find('(');
    if (bracket != std::string_view::npos && bracket > 0 &&
        looks_like_timer_numbers(word.substr(bracket))) {
        row.connection.timer = parse_netstat_timer(word.substr(0, bracket), word.substr(bracket));
        return at + 1;
    }
    if (at + 1 < end && looks_like_timer_numbers(tokens[at + 1])) {
        row.connection.timer = parse_netstat_timer(word, tokens[at + 1]);
        return at + 2;
    }
    return at;
}

void set_process(Row& row, std::uint32_t pid, std::string_view program) {
    // Windows gives TIME_WAIT to "System Idle Process", PID 0: nobody has it any more.
    row.owner_text = pid == 0 ? OwnerText::Nobody : OwnerText::Process;
    row.pid = static_cast<int>(pid);
    row.program = program;
}

std::optional<std::uint32_t> pid_in(std::string_view text) {
    const auto pid = number_in<std::uint32_t>(text);
    return pid && *pid <= INT32_MAX ? pid : std::nullopt;
}

// "Google Chrome H:46708": the name may have blanks.
bool read_name_and_pid(Row& row, const Tokens& tokens, std::size_t first, std::size_t end) {
    constexpr std::size_t kMostWords = 4;
    for (std::size_t at = first; at < end && at < first + kMostWords; ++at) {
        const std::size_t colon = tokens[at].rfind(':');
        if (colon == std::string_view::npos) {
            continue;
        }
        const auto pid = pid_in(tokens[at].substr(colon + 1));
        if (!pid) {
            return false;
        }
        const std::string_view name = tokens.between(first, at);
        set_process(row, *pid, name.substr(0, name.rfind(':')));
        return true;
    }
    return false;
}

// macOS: "rhiwat shiwat pid epid", or since version 14 "process:pid" with blanks in the name.
bool read_by_header(Row& row, const Tokens& tokens, std::size_t first, std::size_t end,
                    const TableContext& context) {
    using enum TableContext::Column;
    for (std::size_t i = 0; i < context.after_state.size(); ++i) {
        if (first + i >= end) {
            return false;
        }
        if (context.after_state[i] == Pid) {
            if (const auto pid = pid_in(tokens[first + i])) {
                set_process(row, *pid, {});
                return true;
            }
            return false;
        }
        if (context.after_state[i] != ProcessPid) {
            continue;
        }
        return read_name_and_pid(row, tokens, first + i, end);
    }
    return false;
}

}  // namespace

std::optional<Timer> parse_netstat_timer(std::string_view word, std::string_view numbers) {
    const auto kind = parse_timer_word(word);
    numbers.remove_prefix(1);
    const auto expires = take_seconds(numbers);
    if (!expires || numbers.empty() || numbers.front() != '/') {
        return std::nullopt;
    }
    numbers.remove_prefix(1);
    const auto retransmits = take_number(numbers);
    if (!retransmits || numbers.empty() || numbers.front() != '/') {
        return std::nullopt;
    }
    numbers.remove_prefix(1);
    const auto probes = take_number(numbers);
    if (!kind || !probes) {
        return std::nullopt;
    }
    Timer timer{.kind = *kind, .expires = *expires, .retransmits = 0};
    switch (*kind) {
        case TimerKind::Retransmit:
            timer.retransmits = at_most_255(*retransmits);
            break;
        case TimerKind::Keepalive:
        case TimerKind::ZeroWindow:
            timer.retransmits = at_most_255(*probes);
            break;
        case TimerKind::None:
        case TimerKind::TimeWait:
            break;
    }
    return timer;
}

std::size_t read_process(Row& row, const Tokens& tokens, std::size_t at, std::size_t end) {
    const std::string_view word = tokens[at];
    const std::size_t slash = word.find('/');
    if (slash == std::string_view::npos || slash == 0) {
        return at;
    }
    const auto pid = pid_in(word.substr(0, slash));
    if (!pid) {
        return at;
    }
    // A program's name may have blanks ("6492/sshd: someone"); it goes up to the timer.
    std::size_t last = at;
    while (last + 1 < end && parse_timer_word(tokens[last + 1]) != TimerKind::None &&
           tokens[last + 1].front() != '#' &&
           tokens[last + 1].find('(') == std::string_view::npos &&
           !(last + 2 < end && looks_like_timer_numbers(tokens[last + 2]))) {
        ++last;
    }
    set_process(row, *pid, tokens.between(at, last).substr(slash + 1));
    return last + 1;
}

void read_tail(Row& row, const Tokens& tokens, std::size_t first, std::size_t end,
               const TableContext& context) {
    if (read_by_header(row, tokens, first, end, context)) {
        return;
    }
    std::size_t numbers = 0;
    std::uint64_t number[4] = {};
    std::size_t words = 0;
    for (std::size_t at = first; at < end;) {
        const std::string_view word = tokens[at];
        if (const std::size_t after = read_timer(row, tokens, at, end); after != at) {
            at = after;
            continue;
        }
        if (const std::size_t after = read_process(row, tokens, at, end); after != at) {
            at = after;
            continue;
        }
        if (word == "-" && row.owner_text == OwnerText::NoColumn) {
            row.owner_text = OwnerText::Nobody;
        } else if (all_digits(word) && numbers < std::size(number) &&
                   row.owner_text == OwnerText::NoColumn) {
            number[numbers++] = number_in<std::uint64_t>(word).value_or(UINT64_MAX);
        } else if (numbers == 0 && words == 0 && is_letter(word.front())) {
            ++words;  // a user's name: "root 22606"
        } else if (word.front() == '#') {
            break;
        }
        ++at;
    }
    const auto small = [](std::uint64_t value) {
        return value <= UINT32_MAX ? std::optional(static_cast<std::uint32_t>(value))
                                   : std::nullopt;
    };
    if (row.layout == Layout::Windows) {
        if (numbers >= 1 && number[0] <= INT32_MAX && row.owner_text == OwnerText::NoColumn) {
            set_process(row, static_cast<std::uint32_t>(number[0]), {});
        }
        return;
    }
    if (numbers == 4 && row.owner_text == OwnerText::NoColumn && words == 0 &&
        read_name_and_pid(row, tokens, first + numbers, end)) {
        return;  // rxbytes txbytes rhiwat shiwat process:pid
    }
    // rhiwat shiwat pid epid of macOS, where the header is missing.
    if (numbers == 4 && row.owner_text == OwnerText::NoColumn) {
        if (number[2] <= INT32_MAX) {
            set_process(row, static_cast<std::uint32_t>(number[2]), {});
        }
        return;
    }
    if (numbers == 2) {
        row.connection.uid = small(number[0]);
        row.connection.inode = small(number[1]);
    } else if (numbers == 1 && words == 1) {
        row.connection.inode = small(number[0]);
    }
}

}  // namespace tcpdx::text
