#include "diagnosis/command_port.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <string>

namespace tcpdx::diagnosis {
namespace {

std::string_view next_word(std::string_view& rest) {
    constexpr std::string_view kBetween = " \t'\"|()";
    const std::size_t begin = std::min(rest.find_first_not_of(kBetween), rest.size());
    rest.remove_prefix(begin);
    const std::string_view word = rest.substr(0, rest.find_first_of(kBetween));
    rest.remove_prefix(word.size());
    return word;
}

// "8080", ":8080", ".8080", "*:8080", "tcp:8080", "-iTCP:8080", ":8080$": digits after nothing but
// what can stand before a port, and nothing but an anchor behind them.
std::optional<std::uint16_t> port_in(std::string_view word) {
    while (!word.empty() && (word.back() == '$' || word.back() == '\\')) {
        word.remove_suffix(1);
    }
    const std::size_t separator = word.find_last_not_of("0123456789");
    if (separator != std::string_view::npos) {
        const char before = word[separator];
        // An address ends in a dot and a number as well.
        const bool address = before == '.' && word.find_first_of("0123456789") < separator;
        // "[.]8080" and "\\.8080" are a dot in a regular expression.
        const bool escaped = word.substr(0, separator + 1).ends_with("[.]");
        if ((before != ':' && before != '.' && !escaped) || address) {
            return std::nullopt;
        }
        word.remove_prefix(separator + 1);
    }
    std::uint16_t port = 0;
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), port);
    if (error != std::errc() || end != word.data() + word.size() || port == 0) {
        return std::nullopt;
    }
    return port;
}

bool selects(std::string_view word) {
    static constexpr std::array<std::string_view, 9> kSelectors{
        "grep", "egrep", "fgrep", "findstr", "find", "sport", "dport", "Select-String", "sls"};
    return std::find(kSelectors.begin(), kSelectors.end(), word) != kSelectors.end();
}

}  // namespace

std::optional<std::uint16_t> port_selected_by(std::string_view command) {
    std::optional<std::uint16_t> found;
    bool selecting = false;
    for (std::string_view rest = command;;) {
        const std::string_view word = next_word(rest);
        if (word.empty()) {
            return found;
        }
        if (selects(word)) {
            selecting = true;
            continue;
        }
        if (word == "awk" || word == "wc" || word == "head" || word == "sort") {
            selecting = false;
        }
        // lsof: -i :8080, -i:8080, -iTCP:8080, -i tcp:8080
        if (word == "-i" || word == "-nPi" || word == "-Pni") {
            selecting = true;
            continue;
        }
        const bool joined = word.starts_with("-i") && word.find(':') != std::string_view::npos;
        if (!selecting && !joined) {
            continue;
        }
        if (const auto port = port_in(word)) {
            if (found && found != port) {
                return std::nullopt;
            }
            found = port;
        }
    }
}

}  // namespace tcpdx::diagnosis
