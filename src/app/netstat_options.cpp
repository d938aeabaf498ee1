#include "app/netstat_options.h"

#include <getopt.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>

namespace tcpdx::app {
namespace {

using netstat::Options;

constexpr int kUsage = 3;  // netstat's own status for a bad command line
constexpr int kFamily = 1;
constexpr std::size_t kLongestFamilies = 255;

// The order decides how getopt_long() lists the options that an abbreviation may stand for.
constexpr std::array kLongOptions{
    option{"ax25", no_argument, nullptr, kFamily},
    option{"x25", no_argument, nullptr, kFamily},
    option{"ip", no_argument, nullptr, kFamily},
    option{"ipx", no_argument, nullptr, kFamily},
    option{"appletalk", no_argument, nullptr, kFamily},
    option{"netrom", no_argument, nullptr, kFamily},
    option{"inet", no_argument, nullptr, kFamily},
    option{"inet6", no_argument, nullptr, kFamily},
    option{"ddp", no_argument, nullptr, kFamily},
    option{"rose", no_argument, nullptr, kFamily},
    option{"unix", no_argument, nullptr, kFamily},
    option{"bluetooth", no_argument, nullptr, kFamily},
    option{"tcpip", no_argument, nullptr, kFamily},
    option{"version", no_argument, nullptr, 'V'},
    option{"interfaces", no_argument, nullptr, 'i'},
    option{"help", no_argument, nullptr, 'h'},
    option{"route", no_argument, nullptr, 'r'},
    option{"masquerade", no_argument, nullptr, 'M'},
    option{"protocol", required_argument, nullptr, 'A'},
    option{"tcp", no_argument, nullptr, 't'},
    option{"sctp", no_argument, nullptr, 'S'},
    option{"udp", no_argument, nullptr, 'u'},
    option{"udplite", no_argument, nullptr, 'U'},
    option{"raw", no_argument, nullptr, 'w'},
    option{"unix", no_argument, nullptr, 'x'},
    option{"l2cap", no_argument, nullptr, '2'},
    option{"rfcomm", no_argument, nullptr, 'f'},
    option{"listening", no_argument, nullptr, 'l'},
    option{"all", no_argument, nullptr, 'a'},
    option{"timers", no_argument, nullptr, 'o'},
    option{"continuous", no_argument, nullptr, 'c'},
    option{"extend", no_argument, nullptr, 'e'},
    option{"programs", no_argument, nullptr, 'p'},
    option{"verbose", no_argument, nullptr, 'v'},
    option{"statistics", no_argument, nullptr, 's'},
    option{"wide", no_argument, nullptr, 'W'},
    option{"numeric", no_argument, nullptr, 'n'},
    option{"numeric-hosts", no_argument, nullptr, '!'},
    option{"numeric-ports", no_argument, nullptr, '@'},
    option{"numeric-users", no_argument, nullptr, '#'},
    option{"symbolic", no_argument, nullptr, 'N'},
    option{"cache", no_argument, nullptr, 'C'},
    option{"fib", no_argument, nullptr, 'F'},
    option{"groups", no_argument, nullptr, 'g'},
    option{"context", no_argument, nullptr, 'Z'},
    option{nullptr, 0, nullptr, 0},
};
constexpr const char* kShortOptions = "A:CFMacdeghilnNoprsStuUvVWw2fx64?Z";

struct Family {
    std::string_view alias;
    std::string_view name;
    bool Options::*selected;  // null: known, but without a table of sockets
};

constexpr std::array kFamilies{
    Family{"ax25", "ax25", &Options::ax25},
    Family{"ip", "inet", &Options::inet},
    Family{"ip6", "inet6", &Options::inet6},
    Family{"ipx", "ipx", &Options::ipx},
    Family{"rose", "rose", &Options::rose},
    Family{"appletalk", "ddp", nullptr},
    Family{"netrom", "netrom", &Options::netrom},
    Family{"inet", "inet", &Options::inet},
    Family{"inet6", "inet6", &Options::inet6},
    Family{"ddp", "ddp", nullptr},
    Family{"unix", "unix", &Options::unix_domain},
    Family{"tcpip", "inet", &Options::inet},
    Family{"econet", "ec", nullptr},
    Family{"x25", "x25", &Options::x25},
    Family{"ash", "ash", nullptr},
    Family{"bluetooth", "bluetooth", &Options::bluetooth},
};

// "inet,unix": selects each. False, after saying so, when one is not known.
bool select_families(Options& options, std::string_view names) {
    names = names.substr(0, kLongestFamilies);
    for (;;) {
        const std::size_t comma = names.find(',');
        const std::string_view alias = names.substr(0, comma);
        const auto* const family =
            std::find_if(kFamilies.begin(), kFamilies.end(),
                         [&](const Family& one) { return one.alias == alias; });
        if (family == kFamilies.end()) {
            std::fprintf(stderr, "Unknown address family `%.*s'.\n", static_cast<int>(alias.size()),
                         alias.data());
            return false;
        }
        if (family->name.size() + options.families.size() + 1 > kLongestFamilies) {
            std::fputs("Too much address family arguments.\n", stderr);
            return true;
        }
        if (family->selected != nullptr) {
            options.*family->selected = true;
        }
        options.families += options.families.empty() ? "" : ",";
        options.families += family->name;
        if (comma == std::string_view::npos) {
            return true;
        }
        names.remove_prefix(comma + 1);
    }
}

int print_usage(int status) {
    std::fputs(netstat::kUsage, status == 0 ? stdout : stderr);
    std::fputs(netstat::kRoutingFamilies, stderr);
    return status;
}

// The shape of net-tools' answer, with what this program has.
int print_version() {
    std::puts("net-tools 2.10 (tcpdx " TCPDX_VERSION
              ")\n"
              "tcpdx, which prints what netstat of net-tools prints\n"
              "+NEW_ADDRT +RTF_IRTT +RTF_REJECT +FW_MASQUERADE -I18N +SELINUX\n"
              "AF: (inet) +UNIX +INET +INET6 -IPX -AX25 -NETROM -X25 -ATALK -ECONET -ROSE "
              "-BLUETOOTH\n"
              "HW:  +ETHER +ARC +SLIP +PPP +TUNNEL -TR -AX25 -NETROM -X25 -FR -ROSE -ASH +SIT "
              "+FDDI +HIPPI +HDLC/LAPB +EUI64 ");
    return 0;
}

bool selinux_is_enabled() {
    std::error_code error;
    return std::filesystem::exists("/sys/fs/selinux/enforce", error);
}

// Handles one option. A status ends the program.
std::optional<int> apply(Options& options, int letter, int long_index) {
    switch (letter) {
        case kFamily: {
            // net-tools counts one family too few.
            const std::string_view name =
                kLongOptions.at(static_cast<std::size_t>(long_index)).name;
            if (name == "tcpip") {
                std::fputs("netstat.c: Internal Error `longopts 1 range'.\n", stderr);
                return std::nullopt;
            }
            return select_families(options, name) ? std::nullopt : std::optional(1);
        }
        case 'A':
            return select_families(options, ::optarg) ? std::nullopt : std::optional(1);
        case '6':
            return select_families(options, "inet6") ? std::nullopt : std::optional(1);
        case '4':
            return select_families(options, "inet") ? std::nullopt : std::optional(1);
        case 'x':
            return select_families(options, "unix") ? std::nullopt : std::optional(1);
        case 'M':
            ++options.masquerade;
            break;
        case 'i':
            ++options.interfaces;
            break;
        case 'r':
            ++options.routes;
            break;
        case 's':
            ++options.statistics;
            break;
        case 'e':
            ++options.extended;
            break;
        case 'a':
            options.all = true;
            break;
        case 'l':
            options.listening = true;
            break;
        case 'c':
            options.continuous = true;
            break;
        case 'g':
            options.groups = true;
            break;
        case 'p':
            options.programs = true;
            break;
        case 'W':
            options.wide = true;
            break;
        case 'n':
            options.numeric_hosts = options.numeric_ports = options.numeric_users = true;
            break;
        case '!':
            options.numeric_hosts = true;
            break;
        case '@':
            options.numeric_ports = true;
            break;
        case '#':
            options.numeric_users = true;
            break;
        case 'N':
            options.symbolic = true;
            break;
        case 'C':
            options.route_cache = true;
            break;
        case 'F':
            options.route_table = true;
            break;
        case 'o':
            options.timers = true;
            break;
        case 'V':
            return print_version();
        case 'v':
            options.verbose = true;
            break;
        case 't':
            options.tcp = true;
            break;
        case 'S':
            options.sctp = true;
            break;
        case 'u':
            options.udp = true;
            break;
        case 'U':
            options.udplite = true;
            break;
        case 'w':
            options.raw = true;
            break;
        case '2':
            options.l2cap = true;
            break;
        case 'f':
            options.rfcomm = true;
            break;
        case 'Z':
            if (!selinux_is_enabled()) {
                std::fputs("SELinux is not enabled on this machine.\n", stderr);
                return 1;
            }
            options.programs = options.security_context = true;
            break;
        case '?':
            return print_usage(kUsage);
        case 'h':
            return print_usage(0);
        default:  // -d, which does nothing
            break;
    }
    return std::nullopt;
}

// What the options together stand for.
void complete(Options& options) {
    if ((options.inet || options.inet6 || options.statistics > 0) && !options.internet()) {
        options.all_protocols = true;
        options.tcp = options.sctp = options.udp = options.udplite = options.raw = true;
    }
    if ((options.internet() || options.groups) && !options.inet && !options.inet6) {
        options.inet = options.inet6 = true;
    }
    if (options.bluetooth && !options.l2cap && !options.rfcomm) {
        options.l2cap = options.rfcomm = true;
    }
}

}  // namespace

NetstatArguments parse_netstat_arguments(int argc, char** argv) {
    Options options;
    ::optind = 0;  // a fresh start: another parser may have been here
    for (;;) {
        int long_index = 0;
        const int letter =  // NOLINTNEXTLINE(concurrency-mt-unsafe)
            ::getopt_long(argc, argv, kShortOptions, kLongOptions.data(), &long_index);
        if (letter == -1) {
            break;
        }
        if (const auto status = apply(options, letter, long_index)) {
            return *status;
        }
    }
    if (options.interfaces + options.routes + options.masquerade + options.statistics > 1) {
        return print_usage(kUsage);
    }
    complete(options);
    return options;
}

}  // namespace tcpdx::app
