#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "model/ip_address.h"

namespace tcpdx::names {

// The tables of service names that netstat keeps apart. A raw socket's "port" is its protocol, so
// that table holds the names of /etc/protocols too.
enum class ServiceTable : std::uint8_t { Tcp, Udp, Raw };

// Looks names up in the system's databases (files, DNS, whatever nsswitch.conf says) and remembers
// every answer. May block on DNS for seconds. The views live as long as the resolver.
class NameResolver {
public:
    // The host's name, or the address in numbers when it has none.
    std::string_view host(const IpAddress& address);
    // For an IPv4 route: the network's name of /etc/networks, or the host's name when the address
    // has bits outside of `mask` or `is_host` says so.
    std::string_view network(const IpAddress& address, const IpAddress& mask, bool is_host);

    // Empty when there is none.
    std::string_view service(ServiceTable table, std::uint16_t port);
    std::string_view user(std::int32_t uid);

private:
    std::string_view v4_name(const IpAddress& address, bool is_host);
    void read_services();

    std::map<std::pair<IpAddress, bool>, std::string> hosts_;
    std::array<std::unordered_map<std::uint16_t, std::string>, 3> services_;
    std::unordered_map<std::int32_t, std::string> users_;
    bool services_read_ = false;
};

}  // namespace tcpdx::names
