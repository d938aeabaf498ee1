#include "model/ip_address.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <cstring>

namespace tcpdx {
namespace {

constexpr int kMappedPrefixBits = 96;

bool has_mapped_prefix(const std::array<std::uint8_t, 16>& bytes) {
    return std::all_of(bytes.begin(), bytes.begin() + 10, [](std::uint8_t b) { return b == 0; }) &&
           bytes[10] == 0xff && bytes[11] == 0xff;
}

char* append_v4(char* out, const std::uint8_t* octets) {
    for (int i = 0; i < 4; ++i) {
        if (i > 0) {
            *out++ = '.';
        }
        out = std::to_chars(out, out + 3, octets[i]).ptr;
    }
    return out;
}

}  // namespace

IpAddress IpAddress::v4(std::uint32_t host_order) {
    IpAddress address;
    address.bytes[10] = address.bytes[11] = 0xff;
    for (unsigned i = 0; i < 4; ++i) {
        address.bytes[12 + i] = static_cast<std::uint8_t>(host_order >> (24 - 8 * i));
    }
    return address;
}

IpAddress IpAddress::any(IpFamily family) {
    if (family == IpFamily::V4) {
        return v4(0);
    }
    IpAddress address;
    address.family = IpFamily::V6;
    return address;
}

IpAddress IpAddress::name(std::uint32_t index) {
    // Not the bytes of any address that a socket can have: ff00::/8 is multicast, scope 0 reserved.
    IpAddress address;
    address.family = IpFamily::Name;
    address.bytes[0] = 0xff;
    for (unsigned i = 0; i < 4; ++i) {
        address.bytes[12 + i] = static_cast<std::uint8_t>(index >> (24 - 8 * i));
    }
    return address;
}

std::optional<std::uint32_t> IpAddress::name_index() const {
    if (family != IpFamily::Name) {
        return std::nullopt;
    }
    std::uint32_t index = 0;
    for (unsigned i = 0; i < 4; ++i) {
        index = index << 8 | bytes[12 + i];
    }
    return index;
}

bool IpAddress::is_any() const {
    const std::size_t from = has_mapped_prefix(bytes) ? 12 : 0;
    return std::all_of(bytes.begin() + static_cast<std::ptrdiff_t>(from), bytes.end(),
                       [](std::uint8_t b) { return b == 0; });
}

bool IpAddress::is_loopback() const {
    if (has_mapped_prefix(bytes)) {
        return bytes[12] == 127;
    }
    return bytes[15] == 1 &&
           std::all_of(bytes.begin(), bytes.begin() + 15, [](std::uint8_t b) { return b == 0; });
}

bool IpAddress::is_v4_mapped() const {
    return has_mapped_prefix(bytes);
}

char* format_to(char* out, const IpAddress& address) {
    if (address.family == IpFamily::V4) {
        return append_v4(out, &address.bytes[12]);
    }
    if (const auto index = address.name_index()) {
        constexpr std::string_view kPrefix = "name-";
        out = std::copy(kPrefix.begin(), kPrefix.end(), out);
        return std::to_chars(out, out + 10, *index).ptr;
    }
    // inet_ntop follows RFC 5952 but for one point: it also writes ::a.b.c.d.
    if (::inet_ntop(AF_INET6, address.bytes.data(), out, INET6_ADDRSTRLEN) == nullptr) {
        return out;
    }
    return out + std::strlen(out);
}

std::string to_string(const IpAddress& address) {
    char buffer[INET6_ADDRSTRLEN];
    return {buffer, format_to(buffer, address)};
}

std::optional<IpAddress> parse_ip_address(std::string_view text) {
    if (text.size() >= 2 && text.front() == '[' && text.back() == ']') {
        text = text.substr(1, text.size() - 2);
    }
    if (text.empty() || text.size() >= INET6_ADDRSTRLEN) {
        return std::nullopt;
    }
    char terminated[INET6_ADDRSTRLEN] = {};
    text.copy(terminated, text.size());
    IpAddress address;
    if (::inet_pton(AF_INET6, terminated, address.bytes.data()) == 1) {
        address.family = IpFamily::V6;
        return address;
    }
    std::uint32_t network_order = 0;
    if (::inet_pton(AF_INET, terminated, &network_order) == 1) {
        return IpAddress::v4(ntohl(network_order));
    }
    return std::nullopt;
}

char* format_to(char* out, const SocketAddress& address) {
    const bool brackets = address.address.family == IpFamily::V6;
    if (brackets) {
        *out++ = '[';
    }
    out = format_to(out, address.address);
    if (brackets) {
        *out++ = ']';
    }
    *out++ = ':';
    if (address.port == 0) {
        *out++ = '*';
        return out;
    }
    return std::to_chars(out, out + 5, address.port).ptr;
}

std::string to_string(const SocketAddress& address) {
    char buffer[INET6_ADDRSTRLEN + 8];
    return {buffer, format_to(buffer, address)};
}

bool IpPrefix::contains(const IpAddress& other) const {
    const auto whole = static_cast<std::size_t>(bits / 8);
    if (!std::equal(address.bytes.begin(),
                    address.bytes.begin() + static_cast<std::ptrdiff_t>(whole),
                    other.bytes.begin())) {
        return false;
    }
    const int rest = bits % 8;
    if (rest == 0) {
        return true;
    }
    const auto mask = static_cast<std::uint8_t>(0xff << (8 - rest));
    return (address.bytes[whole] & mask) == (other.bytes[whole] & mask);
}

std::optional<IpPrefix> parse_ip_prefix(std::string_view text) {
    const std::size_t slash = text.rfind('/');
    const auto address = parse_ip_address(text.substr(0, slash));
    if (!address) {
        return std::nullopt;
    }
    IpPrefix prefix{.address = *address, .bits = 128};
    if (slash == std::string_view::npos) {
        return prefix;
    }
    const std::string_view digits = text.substr(slash + 1);
    int bits = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), bits);
    const int most = address->family == IpFamily::V4 ? 32 : 128;
    if (error != std::errc() || end != digits.data() + digits.size() || bits < 0 || bits > most) {
        return std::nullopt;
    }
    prefix.bits = address->family == IpFamily::V4 ? bits + kMappedPrefixBits : bits;
    return prefix;
}

std::string to_string(const IpPrefix& prefix) {
    std::string text = to_string(prefix.address);
    if (prefix.bits != 128) {
        const bool v4 = prefix.address.family == IpFamily::V4;
        text += "/" + std::to_string(v4 ? prefix.bits - kMappedPrefixBits : prefix.bits);
    }
    return text;
}

}  // namespace tcpdx
