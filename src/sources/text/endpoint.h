#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "model/ip_address.h"

namespace tcpdx::text {

// One end of a connection as it stands in a cell: "10.0.0.1:443", "*:ssh", "[::1]:80",
// "fe80::1%lo0.22", "10.0.0.1.22" (BSD), "*.*", "web-1:https", "<PUBLIC_IP>:18080".
struct Endpoint {
    enum class Host : std::uint8_t {
        Address,
        Any,   // "*", 0.0.0.0, ::
        Name,  // a host's name, perhaps cut, or letters that hide an address
    };
    Host host = Host::Any;
    IpAddress address;           // of an Address or Any
    std::string_view host_text;  // without brackets and scope
    std::string_view port_text;
    std::uint16_t port = 0;     // 0: "*", or a name that is in no table
    bool port_is_wild = false;  // "*"; on Windows a listener's peer has port 0
    bool scoped = false;        // "%eth0"
    bool dotted = false;        // the port is joined with a dot, as the BSDs do

    // No connection has such a peer: it is what stands beside a listener.
    [[nodiscard]] bool is_wild() const {
        return host == Host::Any && (port_is_wild || port_text == "0");
    }
    [[nodiscard]] bool port_known() const { return port != 0; }
};

// What an address and a port are joined with: the BSDs use a dot.
enum class Separator : std::uint8_t { Unknown, Colon, Dot };

// Only numbers and "*": what no other word of a listing or of prose looks like.
[[nodiscard]] std::optional<Endpoint> parse_numeric_endpoint(std::string_view cell,
                                                             Separator separator);

// Names too. For a place where an endpoint has to be: nearly every word with a dot or colon is one.
[[nodiscard]] std::optional<Endpoint> parse_endpoint(std::string_view cell, Separator separator);

// An address alone, as in the tables of PowerShell and in a two-column port.
[[nodiscard]] std::optional<IpAddress> parse_bare_address(std::string_view cell);

// Splits a cell that two endpoints were glued into: "0.0.0.0:87650.0.0.0:*". Nothing when there is
// more than one way to read it.
struct EndpointPair {
    std::string_view local;
    std::string_view remote;
};
[[nodiscard]] std::optional<EndpointPair> split_glued(std::string_view cell);

}  // namespace tcpdx::text
