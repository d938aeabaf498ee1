#include "sources/text/endpoint.h"

#include <algorithm>
#include <array>

#include "sources/text/service_names.h"
#include "sources/text/tokens.h"

namespace tcpdx::text {
namespace {

constexpr std::size_t kMostHostBytes = 255;  // a DNS name; longer is no endpoint

// "10.0.0.1" by hand: this is the most frequent cell of all, and inet_pton needs a copy.
std::optional<IpAddress> parse_v4(std::string_view text) {
    std::uint32_t address = 0;
    std::size_t at = 0;
    for (int part = 0; part < 4; ++part) {
        if (part > 0) {
            if (at == text.size() || text[at] != '.') {
                return std::nullopt;
            }
            ++at;
        }
        std::uint32_t octet = 0;
        std::size_t digits = 0;
        while (at < text.size() && is_digit(text[at]) && digits < 4) {
            octet = octet * 10 + static_cast<std::uint32_t>(text[at] - '0');
            ++at;
            ++digits;
        }
        if (digits == 0 || digits > 3 || octet > 255) {
            return std::nullopt;
        }
        address = address << 8U | octet;
    }
    return at == text.size() ? std::optional(IpAddress::v4(address)) : std::nullopt;
}

std::optional<IpAddress> parse_number(std::string_view text) {
    if (text.find(':') == std::string_view::npos) {
        return parse_v4(text);
    }
    return parse_ip_address(text);
}

bool is_loopback_name(std::string_view name) {
    // netstat cuts names so that 23 characters hold name and port: "localhost.localdoma:ssh".
    constexpr std::string_view kWhole = "localhost.localdomain";
    constexpr std::size_t kShortest = 9;
    const bool cut = name.size() >= kShortest && name.size() <= kWhole.size() &&
                     same_ignoring_case(name, kWhole.substr(0, name.size()));
    return cut || same_ignoring_case(name, "localhost4") || same_ignoring_case(name, "loopback");
}

bool is_loopback6_name(std::string_view name) {
    for (const std::string_view known :
         {"ip6-localhost", "ip6-loopback", "localhost6", "localhost6.localdomain6"}) {
        if (same_ignoring_case(name, known)) {
            return true;
        }
    }
    return false;
}

// The word where a port's number was: "<RandomHighPort>", "PORT", "xxxx".
bool hides_a_port(std::string_view text) {
    if (text.size() >= 2 && ((text.front() == '<' && text.back() == '>') ||
                             (text.front() == '[' && text.back() == ']'))) {
        return true;
    }
    return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
        return is_letter(c) || is_digit(c) || c == '-' || c == '_' || c == '+' || c == '?' ||
               c == '#';
    });
}

enum class Names : bool { No, Yes };

bool set_port(Endpoint& end, std::string_view text, Names names) {
    end.port_text = text;
    if (text == "*") {
        end.port_is_wild = true;
        return true;
    }
    if (all_digits(text)) {
        const auto number = number_in<std::uint16_t>(text);
        end.port = number.value_or(0);
        return number.has_value();
    }
    if (const auto known = port_of_service(text)) {
        end.port = *known;
        return true;
    }
    return names == Names::Yes && hides_a_port(text);
}

bool may_be_name(std::string_view host) {
    if (host.empty() || host.size() > kMostHostBytes) {
        return false;
    }
    return std::all_of(host.begin(), host.end(), [](char c) {
        const auto byte = static_cast<unsigned char>(c);
        return is_letter(c) || is_digit(c) || byte >= 0x80 ||
               std::string_view("-_.:<>*#@[]+~$?{}%/").find(c) != std::string_view::npos;
    });
}

bool set_host(Endpoint& end, std::string_view text, Names names) {
    if (text.size() >= 2 && text.front() == '[' && text.back() == ']') {
        text = text.substr(1, text.size() - 2);
    }
    if (const std::size_t scope = text.find('%'); scope != std::string_view::npos && scope > 0) {
        text = text.substr(0, scope);
        end.scoped = true;
    }
    end.host_text = text;
    if (text == "*") {
        end.host = Endpoint::Host::Any;
        end.address = IpAddress::any(IpFamily::V4);
        return true;
    }
    if (const auto address = parse_number(text)) {
        end.host = address->is_any() ? Endpoint::Host::Any : Endpoint::Host::Address;
        end.address = *address;
        return true;
    }
    if (names == Names::No || !may_be_name(text)) {
        return false;
    }
    if (is_loopback_name(text) || is_loopback6_name(text)) {
        end.host = Endpoint::Host::Address;
        end.address = IpAddress::v4(0x7f000001);
        if (is_loopback6_name(text)) {
            end.address = IpAddress::any(IpFamily::V6);
            end.address.bytes[15] = 1;
        }
        return true;
    }
    end.host = Endpoint::Host::Name;
    return true;
}

std::optional<Endpoint> joined_at(std::string_view cell, std::size_t separator, Names names) {
    if (separator == std::string_view::npos || separator == 0) {
        return std::nullopt;
    }
    Endpoint end;
    std::string_view host = cell.substr(0, separator);
    const std::string_view port = cell.substr(separator + 1);
    // "51.223.164.155:": the port was wrapped to the next line, or cut off.
    const bool no_port = port.empty() && names == Names::Yes;
    if (!no_port && !set_port(end, port, names)) {
        return std::nullopt;
    }
    // ":::80" and "::80": net-tools leaves the any-address as "::".
    if (host == ":") {
        host = "::";
    }
    // "fe80::%eth0:80" has its last colon where it should; "fe80:" alone is a cut address.
    if (!set_host(end, host, names)) {
        return std::nullopt;
    }
    return end;
}

std::optional<Endpoint> parse(std::string_view cell, Separator separator, Names names) {
    if (cell.size() < 3 || cell.size() > kMostHostBytes) {
        return std::nullopt;
    }
    // Whole addresses have dots and colons too, but no port.
    if (separator != Separator::Dot) {
        const std::size_t colon = cell.rfind(':');
        if (const auto end = joined_at(cell, colon, names);
            end && (end->host != Endpoint::Host::Name || separator == Separator::Colon ||
                    cell.find(':') == colon)) {
            return end;
        }
    }
    if (separator == Separator::Colon && cell.find(':') != std::string_view::npos) {
        return std::nullopt;
    }
    if (parse_number(cell)) {
        return std::nullopt;
    }
    auto end = joined_at(cell, cell.rfind('.'), names);
    if (end) {
        end->dotted = true;
    }
    return end;
}

}  // namespace

std::optional<Endpoint> parse_numeric_endpoint(std::string_view cell, Separator separator) {
    return parse(cell, separator, Names::No);
}

std::optional<Endpoint> parse_endpoint(std::string_view cell, Separator separator) {
    if (auto numeric = parse(cell, separator, Names::No)) {
        return numeric;
    }
    return parse(cell, separator, Names::Yes);
}

std::optional<IpAddress> parse_bare_address(std::string_view cell) {
    if (const std::size_t scope = cell.find('%'); scope != std::string_view::npos) {
        cell = cell.substr(0, scope);
    }
    if (cell.size() < 2) {
        return std::nullopt;
    }
    return parse_number(cell);
}

std::optional<EndpointPair> split_glued(std::string_view cell) {
    std::optional<EndpointPair> found;
    constexpr std::size_t kLongest = 110;
    if (cell.size() > kLongest) {
        return std::nullopt;
    }
    // A peer that is wild settles it, since a port may be followed by any digit of an address.
    for (const std::string_view wild : {"0.0.0.0:*", "[::]:*", ":::*", "*:*", "0.0.0.0:0", "*.*"}) {
        if (cell.size() > wild.size() && cell.ends_with(wild)) {
            const std::string_view local = cell.substr(0, cell.size() - wild.size());
            if (parse_numeric_endpoint(local, Separator::Unknown)) {
                return EndpointPair{local, wild};
            }
        }
    }
    for (std::size_t at = 3; at + 3 <= cell.size(); ++at) {
        const EndpointPair pair{cell.substr(0, at), cell.substr(at)};
        if (!parse_numeric_endpoint(pair.local, Separator::Unknown) ||
            !parse_numeric_endpoint(pair.remote, Separator::Unknown)) {
            continue;
        }
        if (found) {
            return std::nullopt;
        }
        found = pair;
    }
    return found;
}

}  // namespace tcpdx::text
