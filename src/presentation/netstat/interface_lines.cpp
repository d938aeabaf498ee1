#include <net/if.h>
#include <net/if_arp.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <string>

#include "presentation/netstat/address_text.h"
#include "presentation/netstat/table_lines.h"

namespace tcpdx::netstat {
namespace {

struct FlagText {
    std::int16_t flag;
    char letter;
    std::string_view name;
};

// IFF_DYNAMIC is the sign bit of the ioctl's short.
constexpr std::int16_t kDynamic = INT16_MIN;

constexpr std::array kLetters{
    FlagText{IFF_ALLMULTI, 'A', {}},  FlagText{IFF_BROADCAST, 'B', {}},
    FlagText{IFF_DEBUG, 'D', {}},     FlagText{IFF_LOOPBACK, 'L', {}},
    FlagText{IFF_MULTICAST, 'M', {}}, FlagText{kDynamic, 'd', {}},
    FlagText{IFF_PROMISC, 'P', {}},   FlagText{IFF_NOTRAILERS, 'N', {}},
    FlagText{IFF_NOARP, 'O', {}},     FlagText{IFF_POINTOPOINT, 'P', {}},
    FlagText{IFF_SLAVE, 's', {}},     FlagText{IFF_MASTER, 'm', {}},
    FlagText{IFF_RUNNING, 'R', {}},   FlagText{IFF_UP, 'U', {}},
};

constexpr std::array kNames{
    FlagText{IFF_UP, 0, "UP"},
    FlagText{IFF_BROADCAST, 0, "BROADCAST"},
    FlagText{IFF_DEBUG, 0, "DEBUG"},
    FlagText{IFF_LOOPBACK, 0, "LOOPBACK"},
    FlagText{IFF_POINTOPOINT, 0, "POINTOPOINT"},
    FlagText{IFF_NOTRAILERS, 0, "NOTRAILERS"},
    FlagText{IFF_RUNNING, 0, "RUNNING"},
    FlagText{IFF_NOARP, 0, "NOARP"},
    FlagText{IFF_PROMISC, 0, "PROMISC"},
    FlagText{IFF_ALLMULTI, 0, "ALLMULTI"},
    FlagText{IFF_SLAVE, 0, "SLAVE"},
    FlagText{IFF_MASTER, 0, "MASTER"},
    FlagText{IFF_MULTICAST, 0, "MULTICAST"},
    FlagText{kDynamic, 0, "DYNAMIC"},
};

// How a kind of hardware is called and how its address is written.
struct Hardware {
    std::uint16_t type;
    std::string_view name;
    std::string_view title;
    std::size_t address_bytes;  // 0: has no address to show
    char separator;
    bool upper_case;
};

constexpr std::array kHardware{
    Hardware{ARPHRD_LOOPBACK, "loop", "Local Loopback", 0, 0, false},
    Hardware{ARPHRD_SLIP, "slip", "Serial Line IP", 0, 0, false},
    Hardware{ARPHRD_CSLIP, "cslip", "VJ Serial Line IP", 0, 0, false},
    Hardware{ARPHRD_SLIP6, "slip6", "6-bit Serial Line IP", 0, 0, false},
    Hardware{ARPHRD_CSLIP6, "cslip6", "VJ 6-bit Serial Line IP", 0, 0, false},
    Hardware{ARPHRD_ADAPT, "adaptive", "Adaptive Serial Line IP", 0, 0, false},
    Hardware{ARPHRD_ETHER, "ether", "Ethernet", 6, ':', false},
    Hardware{ARPHRD_PPP, "ppp", "Point-to-Point Protocol", 0, 0, false},
    Hardware{ARPHRD_HDLC, "hdlc", "(Cisco)-HDLC", 0, 0, false},
    Hardware{ARPHRD_LAPB, "lapb", "LAPB", 0, 0, false},
    Hardware{ARPHRD_ARCNET, "arcnet", "ARCnet", 1, ':', true},
    Hardware{ARPHRD_FRAD, "frad", "Frame Relay Access Device", 0, 0, false},
    Hardware{ARPHRD_SIT, "sit", "IPv6-in-IPv4", 0, 0, false},
    Hardware{ARPHRD_FDDI, "fddi", "Fiber Distributed Data Interface", 6, '-', true},
    Hardware{ARPHRD_HIPPI, "hippi", "HIPPI", 6, ':', true},
    Hardware{ARPHRD_EUI64, "eui64", "Generic EUI-64", 8, ':', true},
    Hardware{ARPHRD_ECONET, "ec", "Econet", 0, 0, false},
};

constexpr Hardware kUnspecified{0xffff, "unspec", "UNSPEC", 16, '-', true};

std::string hardware_address(const Hardware& hardware, const NetworkInterface& interface) {
    std::string text;
    for (std::size_t i = 0; i < hardware.address_bytes; ++i) {
        std::array<char, 4> byte{};
        std::snprintf(byte.data(), byte.size(), hardware.upper_case ? "%02X" : "%02x",
                      unsigned{interface.hardware_address.at(i)});
        if (i > 0) {
            text += hardware.separator;
        }
        text += byte.data();
    }
    return text;
}

std::string in_digits(const IpAddress& address) {
    std::array<char, kLongestAddress> digits{};
    return {digits.data(), write_address(digits.data(), address)};
}

// "24.9 MiB", one digit behind the point, cut and not rounded.
std::string scaled(std::uint64_t bytes) {
    constexpr std::array<std::string_view, 6> kUnits{"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
    std::uint64_t tenths = bytes * 10;
    std::string_view unit = "B";
    for (std::size_t i = kUnits.size(); i-- > 0;) {
        const std::uint64_t size = std::uint64_t{1} << (10 * (i + 1));
        if (bytes > size) {
            // Ten times as much might not fit any more.
            tenths = i == kUnits.size() - 1 ? bytes / (size / 10) : bytes * 10 / size;
            unit = kUnits.at(i);
            break;
        }
    }
    return std::to_string(tenths / 10) + '.' + std::to_string(tenths % 10) + ' ' +
           std::string(unit);
}

void append_v6(LineBuffer& out, const InterfaceAddressV6& address) {
    constexpr std::uint32_t kLoopback = 0x10;
    constexpr std::uint32_t kLinkLocal = 0x20;
    constexpr std::uint32_t kSiteLocal = 0x40;
    constexpr std::uint32_t kCompatible = 0x80;
    std::array<char, 16> scope{};
    std::snprintf(scope.data(), scope.size(), "0x%x", address.scope);
    out.append("        inet6 ");
    out.append(in_digits(address.address));
    out.append("  prefixlen ");
    out.append_number(address.prefix_bits);
    out.append("  scopeid ");
    out.append(scope.data());
    std::string names;
    std::uint32_t left = address.scope;
    if ((left & kCompatible) != 0) {
        names += "compat,";
        left -= kCompatible;
    }
    names += left == 0 ? "global," : "";
    names += (left & kLinkLocal) != 0 ? "link," : "";
    names += (left & kSiteLocal) != 0 ? "site," : "";
    names += (left & kLoopback) != 0 ? "host," : "";
    if (!names.empty()) {
        names.back() = '>';
        out.append('<');
        out.append(names);
    }
    out.append('\n');
}

void append_hardware(LineBuffer& out, const NetworkInterface& interface) {
    const auto* const known =
        std::find_if(kHardware.begin(), kHardware.end(),
                     [&](const Hardware& one) { return one.type == interface.hardware_type; });
    const Hardware& hardware = known == kHardware.end() ? kUnspecified : *known;
    out.append("        ");
    out.append(hardware.name);
    if (hardware.address_bytes > 0) {
        out.append(' ');
        out.append(hardware_address(hardware, interface));
    }
    if (interface.queue_length != -1) {
        out.append("  txqueuelen ");
        out.append_number(interface.queue_length);
    }
    out.append("  (");
    out.append(hardware.title);
    out.append(")\n");
    if ((interface.flags & IFF_PORTSEL) != 0) {
        constexpr std::array<std::string_view, 7> kPorts{"unknown",  "10base2",   "10baseT",  "AUI",
                                                         "100baseT", "100baseTX", "100baseFX"};
        out.append("        media ");
        out.append(interface.port < kPorts.size() ? kPorts.at(interface.port) : kPorts.front());
        if ((interface.flags & IFF_AUTOMEDIA) != 0) {
            out.append("autoselect");
        }
        out.append('\n');
    }
}

void append_field(LineBuffer& out, std::string_view before, std::uint64_t value) {
    out.append(before);
    out.append_number(value);
}

void append_volume(LineBuffer& out, std::string_view direction, const InterfaceCounters& counters) {
    out.append("        ");
    append_field(out, direction, counters.packets);
    append_field(out, "  bytes ", counters.bytes);
    out.append(" (");
    out.append(scaled(counters.bytes));
    out.append(")\n");
}

void append_traffic(LineBuffer& out, const InterfaceTraffic& traffic, bool compressed) {
    const InterfaceCounters& received = traffic.received;
    append_volume(out, "RX packets ", received);
    if (compressed) {
        append_field(out, "        RX compressed:", received.compressed);
        out.append('\n');
    }
    append_field(out, "        RX errors ", received.errors);
    append_field(out, "  dropped ", received.dropped);
    append_field(out, "  overruns ", received.overruns);
    append_field(out, "  frame ", received.frame);
    out.append('\n');

    const InterfaceCounters& sent = traffic.sent;
    append_volume(out, "TX packets ", sent);
    if (compressed) {
        append_field(out, "        TX compressed ", sent.compressed);
        out.append('\n');
    }
    append_field(out, "        TX errors ", sent.errors);
    append_field(out, "  dropped ", sent.dropped);
    append_field(out, " overruns ", sent.overruns);
    append_field(out, "  carrier ", sent.carrier);
    append_field(out, "  collisions ", sent.collisions);
    out.append('\n');
}

void append_resources(LineBuffer& out, const NetworkInterface& interface) {
    constexpr std::uint16_t kLowestPort = 0x100;  // below, it is no address of an I/O port
    const bool has_port = interface.base_address >= kLowestPort;
    if (interface.interrupt == 0 && interface.memory_start == 0 && interface.dma == 0 &&
        !has_port) {
        return;
    }
    std::array<char, 64> text{};
    out.append("        device ");
    if (interface.interrupt != 0) {
        append_field(out, "interrupt ", interface.interrupt);
        out.append("  ");
    }
    if (has_port) {
        std::snprintf(text.data(), text.size(), "base 0x%x  ", unsigned{interface.base_address});
        out.append(text.data());
    }
    if (interface.memory_start != 0) {
        std::snprintf(text.data(), text.size(), "memory 0x%lx-%lx  ", interface.memory_start,
                      interface.memory_end);
        out.append(text.data());
    }
    if (interface.dma != 0) {
        std::snprintf(text.data(), text.size(), "  dma 0x%x", unsigned{interface.dma});
        out.append(text.data());
    }
    out.append('\n');
}

std::string flag_names(std::int16_t flags) {
    std::string text = "flags=" + std::to_string(flags) + '<';
    for (const FlagText& flag : kNames) {
        if ((flags & flag.flag) != 0) {
            text += flag.name;
            text += ',';
        }
    }
    // With no flag at all the bracket stays open; with only unknown ones it goes away.
    if (text.back() == ',') {
        text.back() = '>';
    } else if (flags != 0) {
        text.pop_back();
    }
    return text;
}

}  // namespace

void append_interfaces_heading(LineBuffer& out) {
    out.append(
        "Iface             MTU    RX-OK RX-ERR RX-DRP RX-OVR    TX-OK TX-ERR TX-DRP TX-OVR Flg\n");
}

void append_interface(LineBuffer& out, const NetworkInterface& interface) {
    out.append_left(std::string_view(interface.name).substr(0, 15), 15);
    out.append(' ');
    out.append_right(interface.mtu, 5);
    out.append(' ');
    if (interface.traffic) {
        const InterfaceCounters& received = interface.traffic->received;
        out.append_right(received.packets, 8);
        out.append(' ');
        out.append_right(received.errors, 6);
        out.append(' ');
        out.append_right(received.dropped, 6);
        out.append(' ');
        out.append_left_number(received.overruns, 6);
        out.append(' ');
        const InterfaceCounters& sent = interface.traffic->sent;
        out.append_right(sent.packets, 8);
        for (const std::uint64_t count : {sent.errors, sent.dropped, sent.overruns}) {
            out.append(' ');
            out.append_right(count, 6);
        }
        out.append(' ');
    } else {
        out.append_left("     - no statistics available -", 56);
    }
    if (interface.flags == 0) {
        out.append("[NO FLAGS]");
    }
    for (const FlagText& flag : kLetters) {
        if ((interface.flags & flag.flag) != 0) {
            out.append(flag.letter);
        }
    }
    out.append('\n');
}

void append_interface_in_full(LineBuffer& out, const NetworkInterface& interface) {
    out.append(interface.name);
    out.append(": ");
    out.append(flag_names(interface.flags));
    out.append("  mtu ");
    out.append_number(interface.mtu);
    out.append('\n');
    if (interface.v4) {
        out.append("        inet ");
        out.append(in_digits(interface.v4->address));
        out.append("  netmask ");
        out.append(in_digits(interface.v4->mask));
        if ((interface.flags & IFF_BROADCAST) != 0) {
            out.append("  broadcast ");
            out.append(in_digits(interface.v4->broadcast));
        }
        if ((interface.flags & IFF_POINTOPOINT) != 0) {
            out.append("  destination ");
            out.append(in_digits(interface.v4->destination));
        }
        out.append('\n');
    }
    for (const InterfaceAddressV6& address : interface.v6) {
        append_v6(out, address);
    }
    append_hardware(out, interface);
    if (interface.traffic) {
        const bool compressed =
            interface.hardware_type == ARPHRD_CSLIP || interface.hardware_type == ARPHRD_CSLIP6;
        append_traffic(out, *interface.traffic, compressed);
    }
    append_resources(out, interface);
    out.append('\n');
}

}  // namespace tcpdx::netstat
