#include "sources/text/counts.h"

#include <algorithm>

#include "sources/text/endpoint.h"
#include "sources/text/protocol_words.h"
#include "sources/text/state_words.h"

namespace tcpdx::text {
namespace {

std::string_view without_marks(std::string_view word) {
    while (!word.empty() &&
           std::string_view(":,;=()[]\"'`*|").find(word.back()) != std::string_view::npos) {
        word.remove_suffix(1);
    }
    while (!word.empty() &&
           std::string_view("([\"'`*|=").find(word.front()) != std::string_view::npos) {
        word.remove_prefix(1);
    }
    return word;
}

std::optional<std::uint64_t>* state_of(Summary& summary, TcpState state) {
    return &summary.states[static_cast<std::size_t>(state)];
}

}  // namespace

std::optional<StateCount> parse_state_count(const Tokens& tokens) {
    std::optional<std::uint64_t> count;
    std::optional<TcpState> state;
    StateCount found;
    for (std::size_t i = 0; i < tokens.size(); ++i) {
        std::string_view word = tokens[i];
        // What somebody remarks, and what Group-Object prints behind.
        if (state && count &&
            (word.front() == '#' || word.front() == '{' || word.front() == '<' ||
             word.front() == '/' || word.front() == '-' || word.front() == '(')) {
            break;
        }
        if (word == ":" || word == "=" || word == "|" || word == "=>" || word == "->" ||
            word == "-") {
            continue;
        }
        word = without_marks(word);
        // "150 10.0.0.5:3306 TIME_WAIT": counted for each peer.
        if (count && !state &&
            (parse_numeric_endpoint(word, Separator::Unknown) || parse_bare_address(word))) {
            found.added = true;
            continue;
        }
        // "TIME_WAIT:41", "TIME_WAIT=41"
        if (const std::size_t mark = word.find_first_of(":=");
            !state && !count && mark != std::string_view::npos) {
            const auto right = number_in<std::uint64_t>(word.substr(mark + 1));
            if (right && written_as_state(word.substr(0, mark))) {
                state = parse_state_word(word.substr(0, mark))->state;
                count = right;
                continue;
            }
            return std::nullopt;
        }
        if (all_digits(word)) {
            // "8388 01 ESTABLISHED": the kernel's number of the state stands between.
            constexpr std::size_t kCodeDigits = 2;
            if (count && word.size() == kCodeDigits && !state) {
                continue;
            }
            if (count) {
                return std::nullopt;
            }
            count = number_in<std::uint64_t>(word);
            continue;
        }
        if (const Protocol protocol = parse_protocol(word); protocol != Protocol::None) {
            if (protocol != Protocol::Tcp) {
                return std::nullopt;
            }
            found.added = true;
            continue;
        }
        const bool two_hex = word.size() == 2 && number_in<unsigned>(word, 16);
        if (two_hex && count && !state) {
            continue;
        }
        if (state || !written_as_state(word)) {
            return std::nullopt;
        }
        state = parse_state_word(word)->state;
    }
    if (!state || !count) {
        return std::nullopt;
    }
    found.state = *state;
    found.count = *count;
    return found;
}

bool is_counted_header(const Tokens& tokens) {
    if (tokens.size() < 2 || tokens.size() > 3) {
        return false;
    }
    const std::string_view word = all_digits(tokens[0]) ? tokens[1] : tokens[0];
    const std::string_view number = all_digits(tokens[0]) ? tokens[0] : tokens[tokens.size() - 1];
    if (!all_digits(number)) {
        return false;
    }
    static constexpr std::string_view kWords[] = {
        "Foreign",      "Address", "established)", "servers)", "State", "Local",  "Active",
        "(state)",      "Proto",   "(w/o",         "(servers", "and",   "Status", "Recv-Q",
        "Address:Port", "Peer",    "connections",  "Internet", "UNCONN"};
    return std::find(std::begin(kWords), std::end(kWords), word) != std::end(kWords);
}

bool read_summary_line(Summary& summary, const Tokens& tokens) {
    const std::string_view first = tokens[0];
    if (first == "Total:" && !tokens[1].empty() && is_digit(tokens[1].front())) {
        return true;
    }
    if (first == "sockets:" && tokens[1] == "used") {
        return true;
    }
    if (first == "Transport" && tokens[1] == "Total") {
        return true;
    }
    static constexpr std::string_view kRows[] = {"*", "RAW", "UDP", "TCP", "INET", "FRAG"};
    if (tokens.size() == 4 &&
        std::find(std::begin(kRows), std::end(kRows), first) != std::end(kRows) &&
        all_digits(tokens[1]) && (all_digits(tokens[2]) || tokens[2] == "-") &&
        (all_digits(tokens[3]) || tokens[3] == "-")) {
        return true;
    }
    static constexpr std::string_view kSockstat[] = {
        "UDP:", "UDPLITE:", "RAW:", "FRAG:", "TCP6:", "UDP6:", "RAW6:", "FRAG6:"};
    if (std::find(std::begin(kSockstat), std::end(kSockstat), first) != std::end(kSockstat)) {
        return tokens[1] == "inuse" && all_digits(tokens[2]);
    }
    if (first != "TCP:") {
        return false;
    }
    // TCP: 1234 (estab 501, closed 600, orphaned 12, synrecv 0, timewait 590/0), ports 0
    // TCP: inuse 27 orphan 0 tw 5 alloc 30 mem 3
    bool any = false;
    for (std::size_t i = 1; i + 1 < tokens.size(); ++i) {
        const std::string_view word = without_marks(tokens[i]);
        std::string_view value = tokens[i + 1];
        const auto number = take_number(value);
        if (!number) {
            continue;
        }
        if (word == "estab") {
            *state_of(summary, TcpState::Established) = *number;
        } else if (word == "synrecv") {
            *state_of(summary, TcpState::SynReceived) = *number;
        } else if (word == "timewait" || word == "tw") {
            summary.totals.time_wait = *number;
            if (word == "timewait") {
                *state_of(summary, TcpState::TimeWait) = *number;
            }
        } else if (word == "orphaned" || word == "orphan") {
            summary.totals.orphans = *number;
        } else if (word == "inuse") {
            summary.totals.in_use = *number;
        } else if (word == "alloc") {
            summary.totals.allocated = *number;
        } else if (word == "mem") {
            summary.totals.memory_pages = *number;
        } else {
            continue;
        }
        any = true;
    }
    return any;
}

}  // namespace tcpdx::text
