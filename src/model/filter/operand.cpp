#include "model/filter/operand.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <string>

namespace tcpdx::filter {
namespace {

constexpr bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

// Takes the decimal or 0x-hexadecimal number at the start of `text` off it.
std::optional<std::uint64_t> take_number(std::string_view& text) {
    int base = 10;
    if (text.starts_with("0x") || text.starts_with("0X")) {
        text.remove_prefix(2);
        base = 16;
    }
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
    if (error != std::errc()) {
        return std::nullopt;
    }
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    return value;
}

struct TimeUnit {
    std::string_view name;
    std::uint64_t microseconds;
};

// The longer name first where one starts the other.
constexpr TimeUnit kTimeUnits[] = {
    {"us", 1},        {"ms", 1'000},         {"min", 60'000'000},    {"m", 60'000'000},
    {"s", 1'000'000}, {"h", 3'600'000'000U}, {"d", 86'400'000'000U},
};

// A hundred years: beyond it sums could overflow, and nothing lives that long.
constexpr std::uint64_t kLongestMicroseconds = 100ULL * 366 * 86'400'000'000U;

// Takes "inet:" or "inet6:" off, which ss(8) allows before a host or a port.
std::optional<IpFamily> take_family(std::string_view& text) {
    for (const auto& [name, family] :
         {std::pair(std::string_view("inet:"), IpFamily::V4), {"inet6:", IpFamily::V6}}) {
        if (text.starts_with(name)) {
            text.remove_prefix(name.size());
            return family;
        }
    }
    return std::nullopt;
}

std::optional<std::uint16_t> parse_one_port(std::string_view text, const Names& names) {
    if (!text.empty() && std::all_of(text.begin(), text.end(), is_digit)) {
        const auto number = parse_number(text);
        return number && *number <= UINT16_MAX ? std::optional(static_cast<std::uint16_t>(*number))
                                               : std::nullopt;
    }
    return names.service && !text.empty() ? names.service(text) : std::nullopt;
}

// "10/8" stands for 10.0.0.0/8.
std::optional<IpPrefix> parse_prefix(std::string_view text) {
    if (const auto prefix = parse_ip_prefix(text)) {
        return prefix;
    }
    const std::size_t slash = text.find('/');
    const std::string_view address = text.substr(0, slash);
    const auto dots = std::count(address.begin(), address.end(), '.');
    if (slash == std::string_view::npos || dots >= 3 ||
        address.find(':') != std::string_view::npos) {
        return std::nullopt;
    }
    std::string whole(address);
    for (auto i = dots; i < 3; ++i) {
        whole += ".0";
    }
    return parse_ip_prefix(whole.append(text.substr(slash)));
}

std::optional<Host> with_ports(Host host, std::string_view ports, const Names& names) {
    if (ports.empty() || ports == "*") {
        return host;
    }
    host.ports = parse_port(ports, names);
    return host.ports ? std::optional(host) : std::nullopt;
}

// "[2001:db8::]/32:443": the bits stand outside of the brackets.
std::optional<Host> parse_bracketed(Host host, std::string_view text, const Names& names) {
    const std::size_t close = text.find(']');
    if (close == std::string_view::npos) {
        return std::nullopt;
    }
    std::string prefix(text.substr(1, close - 1));
    std::string_view rest = text.substr(close + 1);
    const std::size_t colon = std::min(rest.find(':'), rest.size());
    prefix += rest.substr(0, colon);
    host.prefix = parse_ip_prefix(prefix);
    rest.remove_prefix(colon);
    if (!host.prefix) {
        return std::nullopt;
    }
    return with_ports(host, rest.substr(std::min<std::size_t>(rest.size(), 1)), names);
}

StateSet without(StateSet set, std::initializer_list<TcpState> states) {
    for (const TcpState state : states) {
        set.remove(state);
    }
    return set;
}

}  // namespace

std::optional<std::uint64_t> parse_number(std::string_view text) {
    const auto value = take_number(text);
    return text.empty() ? value : std::nullopt;
}

std::optional<std::uint64_t> parse_size(std::string_view text) {
    const auto value = take_number(text);
    if (!value || text.size() > 1) {
        return std::nullopt;
    }
    constexpr std::string_view kSuffixes = "kmg";
    unsigned shift = 0;
    if (!text.empty()) {
        const std::size_t found = kSuffixes.find(static_cast<char>(text.front() | 0x20));
        if (found == std::string_view::npos) {
            return std::nullopt;
        }
        shift = 10 * (static_cast<unsigned>(found) + 1);
    }
    if (*value > (std::numeric_limits<std::uint64_t>::max() >> shift)) {
        return std::nullopt;
    }
    return *value << shift;
}

std::optional<std::chrono::microseconds> parse_duration(std::string_view text) {
    if (text == "0") {
        return std::chrono::microseconds(0);
    }
    if (text.empty()) {
        return std::nullopt;
    }
    std::uint64_t sum = 0;
    while (!text.empty()) {
        std::uint64_t whole = 0;
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), whole);
        if (error != std::errc()) {
            return std::nullopt;
        }
        text.remove_prefix(static_cast<std::size_t>(end - text.data()));
        double fraction = 0;
        if (text.starts_with('.')) {
            text.remove_prefix(1);
            double weight = 0.1;
            for (; !text.empty() && is_digit(text.front()); weight /= 10) {
                fraction += weight * (text.front() - '0');
                text.remove_prefix(1);
            }
        }
        const auto* const unit =
            std::find_if(std::begin(kTimeUnits), std::end(kTimeUnits),
                         [&](const TimeUnit& each) { return text.starts_with(each.name); });
        if (unit == std::end(kTimeUnits) || whole > kLongestMicroseconds / unit->microseconds) {
            return std::nullopt;
        }
        text.remove_prefix(unit->name.size());
        sum += whole * unit->microseconds;
        sum += static_cast<std::uint64_t>(
            std::llround(fraction * static_cast<double>(unit->microseconds)));
        if (sum > kLongestMicroseconds) {
            return std::nullopt;
        }
    }
    return std::chrono::microseconds(sum);
}

std::optional<PortRange> parse_port(std::string_view text, const Names& names) {
    static_cast<void>(take_family(text));
    if (text.starts_with(':')) {
        text.remove_prefix(1);
    }
    if (text == "*") {
        return PortRange{};
    }
    if (const auto port = parse_one_port(text, names)) {
        return PortRange{.first = *port, .last = *port};
    }
    // Service names have hyphens too, so the range comes last and has digits only.
    const std::size_t hyphen = text.find('-');
    if (hyphen == std::string_view::npos) {
        return std::nullopt;
    }
    const auto first = parse_one_port(text.substr(0, hyphen), Names{});
    const auto last = parse_one_port(text.substr(hyphen + 1), Names{});
    if (!first || !last || *first > *last) {
        return std::nullopt;
    }
    return PortRange{.first = *first, .last = *last};
}

std::optional<Host> parse_host(std::string_view text, const Names& names) {
    Host host{.family = take_family(text), .prefix = {}, .ports = {}};
    if (text.empty()) {
        return std::nullopt;
    }
    if (text == "*") {
        return host;
    }
    if (text.starts_with('[')) {
        return parse_bracketed(host, text, names);
    }
    host.prefix = parse_prefix(text);
    if (host.prefix) {
        return host;
    }
    const std::size_t colon = text.find(':');
    if (colon == std::string_view::npos || text.rfind(':') != colon) {
        return std::nullopt;
    }
    const std::string_view address = text.substr(0, colon);
    if (!address.empty() && address != "*") {
        host.prefix = parse_prefix(address);
        if (!host.prefix) {
            return std::nullopt;
        }
    } else if (colon + 1 == text.size()) {
        return std::nullopt;  // ":" says nothing
    }
    return with_ports(host, text.substr(colon + 1), names);
}

std::optional<StateSet> parse_states(std::string_view text) {
    const StateSet connected = without(StateSet::all(), {TcpState::Listen, TcpState::Closed});
    if (text == "all") {
        return StateSet::all();
    }
    if (text == "connected") {
        return connected;
    }
    if (text == "synchronized") {
        return without(connected, {TcpState::SynSent});
    }
    if (text == "bucket") {
        return StateSet().add(TcpState::SynReceived).add(TcpState::TimeWait);
    }
    if (text == "big") {
        return without(StateSet::all(), {TcpState::SynReceived, TcpState::TimeWait});
    }
    if (const auto state = parse_tcp_state(text)) {
        return StateSet().add(*state);
    }
    return std::nullopt;
}

}  // namespace tcpdx::filter
