#include "sources/procfs/tables/interfaces.h"

#include <net/if.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <tuple>

#include "base/unique_fd.h"
#include "sources/procfs/tables/field_reader.h"
#include "sources/procfs/tables/lines.h"
#include "sources/procfs/tables/routes.h"

namespace tcpdx::proc_tables {
namespace {

constexpr unsigned long kFirstRequests = 32;

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

ifreq request_for(const std::string& name) {
    ifreq request{};
    name.copy(static_cast<char*>(request.ifr_name), IFNAMSIZ - 1);
    return request;
}

// IPv4 address of one of the SIOCGIF*ADDR calls; any-address when there is none.
std::optional<IpAddress> address_by(int socket, unsigned long call, const std::string& name) {
    ifreq request = request_for(name);
    request.ifr_addr.sa_family = AF_INET;
    if (::ioctl(socket, call, &request) < 0) {
        return std::nullopt;
    }
    sockaddr_in address{};
    std::memcpy(&address, &request.ifr_addr, sizeof(address));
    return IpAddress::v4(ntohl(address.sin_addr.s_addr));
}

void read_addresses(int socket, NetworkInterface& interface) {
    const auto address = address_by(socket, SIOCGIFADDR, interface.name);
    if (!address) {
        return;
    }
    const IpAddress none = IpAddress::any(IpFamily::V4);
    interface.v4 = InterfaceAddressV4{
        .address = *address,
        .mask = address_by(socket, SIOCGIFNETMASK, interface.name).value_or(none),
        .broadcast = address_by(socket, SIOCGIFBRDADDR, interface.name).value_or(none),
        .destination = address_by(socket, SIOCGIFDSTADDR, interface.name).value_or(none),
    };
}

Result<> read_settings(int socket, NetworkInterface& interface) {
    ifreq request = request_for(interface.name);
    if (::ioctl(socket, SIOCGIFFLAGS, &request) < 0) {
        return os_failure(interface.name);
    }
    interface.flags = request.ifr_flags;

    request = request_for(interface.name);
    if (::ioctl(socket, SIOCGIFHWADDR, &request) == 0) {
        constexpr std::size_t kCopied = 8;  // netstat shows no more than eight bytes
        std::memcpy(interface.hardware_address.data(), request.ifr_hwaddr.sa_data, kCopied);
        interface.hardware_type = request.ifr_hwaddr.sa_family;
    }
    request = request_for(interface.name);
    if (::ioctl(socket, SIOCGIFMTU, &request) == 0) {
        interface.mtu = request.ifr_mtu;
    }
    request = request_for(interface.name);
    if (::ioctl(socket, SIOCGIFMAP, &request) == 0) {
        interface.memory_start = request.ifr_map.mem_start;
        interface.memory_end = request.ifr_map.mem_end;
        interface.base_address = request.ifr_map.base_addr;
        interface.interrupt = request.ifr_map.irq;
        interface.dma = request.ifr_map.dma;
        interface.port = request.ifr_map.port;
    }
    request = request_for(interface.name);
    if (::ioctl(socket, SIOCGIFTXQLEN, &request) == 0) {
        interface.queue_length = request.ifr_qlen;
    }
    read_addresses(socket, interface);
    return {};
}

// The interfaces with an IPv4 address; labels are found nowhere else.
Result<std::vector<std::string>> labels(int socket) {
    std::vector<ifreq> requests(kFirstRequests);
    ifconf wanted{};
    for (;;) {
        wanted.ifc_len = static_cast<int>(requests.size() * sizeof(ifreq));
        wanted.ifc_req = requests.data();
        if (::ioctl(socket, SIOCGIFCONF, &wanted) < 0) {
            return os_failure("SIOCGIFCONF");
        }
        if (static_cast<std::size_t>(wanted.ifc_len) < requests.size() * sizeof(ifreq)) {
            break;
        }
        requests.resize(requests.size() * 2);  // full: there may be more
    }
    requests.resize(static_cast<std::size_t>(wanted.ifc_len) / sizeof(ifreq));
    std::vector<std::string> names;
    for (const ifreq& request : requests) {
        const char* const name = static_cast<const char*>(request.ifr_name);
        names.emplace_back(name, ::strnlen(name, IFNAMSIZ));
    }
    return names;
}

NetworkInterface& find_or_add(std::vector<NetworkInterface>& interfaces, std::string_view name) {
    const auto found = std::find_if(interfaces.begin(), interfaces.end(),
                                    [&](const auto& one) { return one.name == name; });
    if (found != interfaces.end()) {
        return *found;
    }
    interfaces.push_back({.name = std::string(name)});
    return interfaces.back();
}

}  // namespace

std::optional<std::pair<std::string_view, InterfaceTraffic>> parse_interface_traffic(
    std::string_view line) {
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) {
        return std::nullopt;
    }
    FieldReader name(line.substr(0, colon));
    const std::string_view interface = name.word();
    FieldReader fields(line.substr(colon + 1));
    InterfaceTraffic traffic;
    InterfaceCounters& received = traffic.received;
    received.bytes = fields.decimal();
    received.packets = fields.decimal();
    received.errors = fields.decimal();
    received.dropped = fields.decimal();
    received.overruns = fields.decimal();
    received.frame = fields.decimal();
    received.compressed = fields.decimal();
    fields.decimal();  // multicast
    InterfaceCounters& sent = traffic.sent;
    sent.bytes = fields.decimal();
    sent.packets = fields.decimal();
    sent.errors = fields.decimal();
    sent.dropped = fields.decimal();
    sent.overruns = fields.decimal();
    sent.collisions = fields.decimal();
    sent.carrier = fields.decimal();
    sent.compressed = fields.decimal();
    if (!fields.ok() || interface.empty()) {
        return std::nullopt;
    }
    return std::pair{interface, traffic};
}

std::optional<std::pair<std::string_view, InterfaceAddressV6>> parse_interface_v6(
    std::string_view line) {
    FieldReader fields(line);
    const auto address = parse_v6_digits(fields.word());
    fields.hex();  // index
    InterfaceAddressV6 found;
    found.prefix_bits = static_cast<std::int32_t>(fields.hex());
    found.scope = static_cast<std::uint32_t>(fields.hex());
    fields.hex();  // flags
    const std::string_view interface = fields.word();
    if (!fields.ok() || !address) {
        return std::nullopt;
    }
    found.address = *address;
    return std::pair{interface, found};
}

bool natural_less(std::string_view left, std::string_view right) {
    const auto split = [](std::string_view name) {
        std::size_t digits = name.size();
        while (digits > 0 && is_digit(name[digits - 1])) {
            --digits;
        }
        std::int64_t number = -1;
        std::from_chars(name.data() + digits, name.data() + name.size(), number);
        return std::tuple(name.substr(0, digits), number, name);
    };
    return split(left) < split(right);
}

Result<std::vector<NetworkInterface>> read_interfaces() {
    const UniqueFd socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    if (!socket) {
        return os_failure("socket");
    }
    std::vector<NetworkInterface> interfaces;
    TRY(for_each_line("/proc/net/dev", [&](std::string_view line) {
        if (const auto found = parse_interface_traffic(line)) {
            find_or_add(interfaces, found->first).traffic = found->second;
        }
    }));
    const std::vector<std::string> with_v4 = TRY(labels(socket.get()));
    for (const std::string& name : with_v4) {
        find_or_add(interfaces, name);
    }
    for (NetworkInterface& interface : interfaces) {
        TRY(read_settings(socket.get(), interface));
    }
    // Without IPv6 the file is missing, and there is nothing to add.
    const Result<> v6 = for_each_line("/proc/net/if_inet6", [&](std::string_view line) {
        if (const auto found = parse_interface_v6(line)) {
            for (NetworkInterface& interface : interfaces) {
                if (interface.name == found->first) {
                    interface.v6.push_back(found->second);
                }
            }
        }
    });
    static_cast<void>(v6);
    std::sort(interfaces.begin(), interfaces.end(), [](const auto& left, const auto& right) {
        return natural_less(left.name, right.name);
    });
    return interfaces;
}

}  // namespace tcpdx::proc_tables
