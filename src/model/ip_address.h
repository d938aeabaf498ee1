#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tcpdx {

// Name: pasted text that shows a host's name, or letters where its address was, instead of a
// number. Such an "address" is only equal to itself: its bytes are an index into Paste::host_names.
enum class IpFamily : std::uint8_t { V4, V6, Name };

// An IPv4 or IPv6 address. IPv4 is kept as ::ffff:a.b.c.d, but `family` remembers which of the two
// the socket has: a v6 socket may well hold a mapped address, and the kernel lists it as v6.
struct IpAddress {
    std::array<std::uint8_t, 16> bytes{};  // network order
    IpFamily family = IpFamily::V4;

    [[nodiscard]] static IpAddress v4(std::uint32_t host_order);
    [[nodiscard]] static IpAddress any(IpFamily family);
    [[nodiscard]] static IpAddress name(std::uint32_t index);

    [[nodiscard]] bool is_any() const;        // 0.0.0.0, :: and ::ffff:0.0.0.0
    [[nodiscard]] bool is_loopback() const;   // 127/8, ::1, ::ffff:127/104
    [[nodiscard]] bool is_v4_mapped() const;  // true for V4 as well
    [[nodiscard]] std::optional<std::uint32_t> name_index() const;
    // The same address whatever the family of the socket that holds it.
    [[nodiscard]] bool same_host(const IpAddress& other) const { return bytes == other.bytes; }

    friend auto operator<=>(const IpAddress&, const IpAddress&) = default;
};

// "192.0.2.1", "2001:db8::1" (RFC 5952), "::ffff:192.0.2.1" for a mapped address of a V6 socket.
// A name is written as "name-3": what it is, only Paste::host_names knows.
[[nodiscard]] std::string to_string(const IpAddress& address);

// Writes the same at `out` (room for 46 bytes) and returns the end. For tables of a million rows.
char* format_to(char* out, const IpAddress& address);

// Accepts what to_string() writes, with or without [brackets]; nothing else (no names).
[[nodiscard]] std::optional<IpAddress> parse_ip_address(std::string_view text);

struct SocketAddress {
    IpAddress address;
    std::uint16_t port = 0;  // host order; 0 means any (or not known)

    friend auto operator<=>(const SocketAddress&, const SocketAddress&) = default;
};

// "192.0.2.1:443", "[2001:db8::1]:443"; port 0 is written "*", and an any-address stays numeric.
[[nodiscard]] std::string to_string(const SocketAddress& address);
char* format_to(char* out, const SocketAddress& address);

// "10.0.0.0/8", "2001:db8::/32", or an address alone. Family-blind: 10.0.0.0/8 also matches
// ::ffff:10.1.2.3.
struct IpPrefix {
    IpAddress address;
    int bits = 128;  // over the 16 bytes, so 96 more than written for IPv4

    [[nodiscard]] bool contains(const IpAddress& other) const;
    friend auto operator<=>(const IpPrefix&, const IpPrefix&) = default;
};

[[nodiscard]] std::optional<IpPrefix> parse_ip_prefix(std::string_view text);
[[nodiscard]] std::string to_string(const IpPrefix& prefix);

}  // namespace tcpdx
