#include <linux/ipv6_route.h>
#include <linux/route.h>

#include <array>
#include <string>

#include "presentation/netstat/address_text.h"
#include "presentation/netstat/socket_lines.h"
#include "presentation/netstat/table_lines.h"

namespace tcpdx::netstat {
namespace {

constexpr std::size_t kColumn = 15;

// RTF_NOTCACHED of Linux 2.0
constexpr std::uint32_t kNotCached = 0x0400;

struct Letter {
    std::uint32_t flag;
    char letter;
};

constexpr std::array kLettersV4{
    Letter{RTF_HOST, 'H'},     Letter{RTF_REINSTATE, 'R'}, Letter{RTF_DYNAMIC, 'D'},
    Letter{RTF_MODIFIED, 'M'}, Letter{RTF_DEFAULT, 'd'},   Letter{RTF_ALLONLINK, 'a'},
    Letter{RTF_ADDRCONF, 'c'}, Letter{RTF_NONEXTHOP, 'o'}, Letter{RTF_EXPIRES, 'e'},
    Letter{RTF_CACHE, 'c'},    Letter{RTF_FLOW, 'f'},      Letter{RTF_POLICY, 'p'},
    Letter{RTF_LOCAL, 'l'},    Letter{RTF_MTU, 'u'},       Letter{RTF_WINDOW, 'w'},
    Letter{RTF_IRTT, 'i'},     Letter{kNotCached, 'n'},
};

constexpr std::array kLettersV6{
    Letter{RTF_UP, 'U'},       Letter{RTF_REJECT, '!'},    Letter{RTF_GATEWAY, 'G'},
    Letter{RTF_HOST, 'H'},     Letter{RTF_DEFAULT, 'D'},   Letter{RTF_ADDRCONF, 'A'},
    Letter{RTF_CACHE, 'C'},    Letter{RTF_ALLONLINK, 'a'}, Letter{RTF_EXPIRES, 'e'},
    Letter{RTF_MODIFIED, 'm'}, Letter{RTF_NONEXTHOP, 'n'}, Letter{RTF_FLOW, 'f'},
};

template <std::size_t N>
std::string letters_of(std::uint32_t flags, const std::array<Letter, N>& letters) {
    std::string text;
    for (const Letter& letter : letters) {
        if ((flags & letter.flag) != 0) {
            text += letter.letter;
        }
    }
    return text;
}

std::string letters_v4(std::uint32_t flags) {
    // A reject route replaces what was known so far.
    std::string text = (flags & RTF_GATEWAY) != 0 ? "UG" : "U";
    if ((flags & RTF_REJECT) != 0) {
        text = "!";
    }
    return text + letters_of(flags, kLettersV4);
}

// netstat counts its details from 1 to 3, where the short form is 2 and one -e leads to 1. Beyond
// three -e only the lowest two bits are left.
int detail_of(const Options& options) {
    switch (options.extended) {
        case 0:
            return 2;
        case 1:
            return 1;
        default:
            return (options.extended + 1) & 3;
    }
}

bool numeric_routes(const Options& options) {
    return options.numeric_hosts || options.symbolic;
}

std::string in_digits(const IpAddress& address) {
    std::array<char, kLongestAddress> digits{};
    return {digits.data(), write_address(digits.data(), address)};
}

std::string target_text(const RouteV4& route, const Options& options, const Names& names) {
    if (numeric_routes(options)) {
        return in_digits(route.target);
    }
    if (is_null(route.target)) {
        return is_null(route.mask) ? "default" : "0.0.0.0";
    }
    const bool host = (route.flags & RTF_HOST) != 0;
    return std::string(names.network(route.target, route.mask, host).substr(0, kColumn));
}

std::string gateway_text(const RouteV4& route, const Options& options, const Names& names) {
    if (numeric_routes(options) || is_null(route.gateway)) {
        return in_digits(route.gateway);
    }
    return std::string(
        names.network(route.gateway, IpAddress::any(IpFamily::V4), true).substr(0, kColumn));
}

std::string text_v6(const IpAddress& address, const Options& options, const Names& names) {
    if (numeric_routes(options)) {
        return in_digits(address);
    }
    return is_null(address) ? "[::]" : std::string(names.host(address));
}

void append_rejected(LineBuffer& out, const RouteV4& route, int detail) {
    if (detail == 2) {
        out.append("    - -          - -\n");
        return;
    }
    out.append_left_number(route.metric, 6);
    out.append(" -  ");
    out.append_right(route.use, 7);
    out.append(detail == 1 ? " -\n" : " -        -     -      -\n");
}

void append_columns(LineBuffer& out, const RouteV4& route, int detail) {
    if (detail == 2) {
        out.append_right(route.mss, 5);
        out.append(' ');
        out.append_left_number(route.window, 5);
        out.append(' ');
        out.append_right(route.initial_rtt, 6);
        out.append(' ');
        out.append(route.interface);
        out.append('\n');
        return;
    }
    out.append_left_number(route.metric, 6);
    out.append(' ');
    out.append_left_number(route.references, detail == 1 ? 2 : 3);
    out.append(' ');
    out.append_right(route.use, detail == 1 ? 7 : 6);
    out.append(' ');
    if (detail == 1) {
        out.append(route.interface);
    } else {
        out.append_left(std::string_view(route.interface).substr(0, 6), 6);
        out.append("   ");
        out.append_left_number(route.mss, 5);
        out.append(' ');
        out.append_left_number(route.window, 6);
        out.append(' ');
        out.append_number(route.initial_rtt);
    }
    out.append('\n');
}

}  // namespace

void append_routes_heading_v4(LineBuffer& out, const Options& options) {
    out.append("Kernel IP routing table\n");
    constexpr std::string_view kCommon = "Destination     Gateway         Genmask         ";
    switch (detail_of(options)) {
        case 1:
            out.append(kCommon);
            out.append("Flags Metric Ref    Use Iface\n");
            break;
        case 2:
            out.append(kCommon);
            out.append("Flags   MSS Window  irtt Iface\n");
            break;
        case 3:
            out.append(kCommon);
            out.append("Flags Metric Ref    Use Iface    MSS   Window irtt\n");
            break;
        default:
            break;
    }
}

void append_cache_heading_v4(LineBuffer& out, const Options& options) {
    out.append("Kernel IP routing cache\n");
    constexpr std::string_view kCommon = "Source          Destination     Gateway         ";
    switch (detail_of(options)) {
        case 1:
            out.append(kCommon);
            out.append("Flags Metric Ref    Use Iface\n");
            break;
        case 2:
            out.append(kCommon);
            out.append("Flags   MSS Window  irtt Iface\n");
            break;
        case 3:
            out.append(kCommon);
            out.append(
                "Flags Metric Ref    Use Iface    MSS   Window irtt  TOS HHRef HHUptod     "
                "SpecDst\n");
            break;
        default:
            break;
    }
}

void append_route(LineBuffer& out, const RouteV4& route, const Options& options,
                  const Names& names) {
    const int detail = detail_of(options);
    if ((route.flags & RTF_UP) == 0 || detail == 0) {
        return;
    }
    const bool rejected = (route.flags & RTF_REJECT) != 0;
    out.append_left(target_text(route, options, names), kColumn);
    out.append(' ');
    out.append_left(rejected ? "-" : gateway_text(route, options, names), kColumn);
    out.append(' ');
    out.append_left(in_digits(route.mask), kColumn);
    out.append(' ');
    out.append_left(letters_v4(route.flags), 5);
    out.append(' ');
    if (rejected) {
        append_rejected(out, route, detail);
    } else {
        append_columns(out, route, detail);
    }
}

void append_routes_heading_v6(LineBuffer& out, bool cache) {
    out.append(cache ? "Kernel IPv6 routing cache\n" : "Kernel IPv6 routing table\n");
    out.append("Destination                    Next Hop                   Flag Met Ref  Use If\n");
}

void append_route(LineBuffer& out, const RouteV6& route, bool cache, const Options& options,
                  const Names& names) {
    if (((route.flags & RTF_CACHE) != 0) != cache) {
        return;
    }
    constexpr std::size_t kLongestTarget = 127;
    std::string target = text_v6(route.target, options, names);
    target += '/' + std::to_string(route.prefix_bits);
    out.append_left(std::string_view(target).substr(0, kLongestTarget), 30);
    out.append(' ');
    out.append_left(text_v6(route.next_hop, options, names), 26);
    out.append(' ');
    out.append_left(letters_of(route.flags, kLettersV6), 4);
    out.append(' ');
    out.append_left_number(route.metric, 3);
    out.append(' ');
    out.append_left_number(route.references, 1);
    out.append(' ');
    out.append_right(route.use, 6);
    out.append(' ');
    out.append(route.interface);
    out.append('\n');
}

void append_groups_heading(LineBuffer& out) {
    out.append(
        "IPv6/IPv4 Group Memberships\n"
        "Interface       RefCnt Group\n"
        "--------------- ------ ---------------------\n");
}

void append_group(LineBuffer& out, const GroupMembership& membership, const Options& options,
                  const Names& names) {
    out.append_left(membership.interface, 15);
    out.append(' ');
    out.append_left_number(membership.references, 6);
    out.append(' ');
    if (options.numeric_hosts) {
        out.append(in_digits(membership.group));
    } else if (is_null(membership.group)) {
        out.append(membership.group.family == IpFamily::V4 ? "0.0.0.0" : "[::]");
    } else {
        out.append(names.host(membership.group));
    }
    out.append('\n');
}

}  // namespace tcpdx::netstat
