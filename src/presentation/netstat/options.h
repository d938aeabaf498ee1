#pragma once

#include <string>

namespace tcpdx::netstat {

// What the command line asks for, in netstat's own terms.
struct Options {
    // One of these, or none for sockets.
    int interfaces = 0;
    int routes = 0;
    int masquerade = 0;
    int statistics = 0;

    bool all = false;
    bool listening = false;
    bool continuous = false;
    bool verbose = false;
    bool wide = false;
    bool timers = false;
    bool programs = false;
    bool security_context = false;
    int extended = 0;  // how often -e was given

    bool numeric_hosts = false;
    bool numeric_ports = false;
    bool numeric_users = false;
    bool symbolic = false;
    bool route_cache = false;
    bool route_table = false;

    // What to list. `all_protocols` when the five transports were not asked for one by one.
    bool tcp = false;
    bool sctp = false;
    bool udp = false;
    bool udplite = false;
    bool raw = false;
    bool groups = false;
    bool all_protocols = false;
    bool l2cap = false;
    bool rfcomm = false;

    // Address families.
    bool inet = false;
    bool inet6 = false;
    bool unix_domain = false;
    bool ipx = false;
    bool ax25 = false;
    bool x25 = false;
    bool netrom = false;
    bool rose = false;
    bool bluetooth = false;
    std::string families;  // as given: "inet,inet6"

    // Something in particular is asked for, so its absence is an error.
    [[nodiscard]] bool particular() const {
        return internet() || unix_domain || ipx || ax25 || netrom || groups || x25 || rose ||
               l2cap || rfcomm;
    }
    [[nodiscard]] bool internet() const { return tcp || sctp || udp || udplite || raw; }
    // Any kind of -n, which turns all names off where netstat does not tell them apart.
    [[nodiscard]] bool numeric_anything() const {
        return numeric_hosts || numeric_ports || numeric_users || symbolic;
    }
};

// The text of --help, apart from the list of address families, which always goes to stderr.
extern const char* const kUsage;
extern const char* const kRoutingFamilies;

}  // namespace tcpdx::netstat
