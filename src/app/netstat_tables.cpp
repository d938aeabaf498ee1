#include <cerrno>
#include <cstring>
#include <string>

#include "app/command.h"
#include "app/netstat_run.h"
#include "presentation/netstat/statistics.h"
#include "presentation/netstat/table_lines.h"
#include "sources/procfs/tables/counter_groups.h"
#include "sources/procfs/tables/interfaces.h"
#include "sources/procfs/tables/lines.h"
#include "sources/procfs/tables/routes.h"

namespace tcpdx::app {
namespace {

constexpr int kNotSupported = 3;

}  // namespace

int NetstatRun::list_routes() {
    std::string_view families = "inet";
    if (!options_.families.empty()) {
        families = options_.families;
    }
    for (;;) {
        const std::size_t comma = families.find(',');
        if (const int status = list_routes_of(families.substr(0, comma)); status != 0) {
            return status;
        }
        if (comma == std::string_view::npos) {
            return 0;
        }
        families.remove_prefix(comma + 1);
    }
}

int NetstatRun::list_routes_of(std::string_view family) {
    const bool table = options_.route_table || !options_.route_cache;
    if (family == "inet") {
        if (table) {
            if (const int status = list_routes_v4(); status != 0) {
                return status;
            }
        }
        if (options_.route_cache) {
            const auto cache = proc_tables::read_file("/proc/net/rt_cache");
            if (!cache) {
                output_.complain("/proc/net/rt_cache", cache.error().os_error);
                output_.lines().append("INET (IPv4) not configured in this system.\n");
                return 1;
            }
            netstat::append_cache_heading_v4(output_.lines(), options_);
        }
        return 0;
    }
    if (family == "inet6") {
        int status = table ? list_routes_v6(false) : 0;
        if (status == 0 && options_.route_cache) {
            status = list_routes_v6(true);
        }
        return status;
    }
    return report_absent_routes(family);
}

int NetstatRun::list_routes_v4() {
    const auto text = proc_tables::read_file("/proc/net/route");
    if (!text) {
        output_.complain("/proc/net/route", text.error().os_error);
        output_.lines().append("INET (IPv4) not configured in this system.\n");
        return 1;
    }
    netstat::append_routes_heading_v4(output_.lines(), options_);
    proc_tables::split_lines(*text, [this](std::string_view line) {
        if (const auto route = proc_tables::parse_route_v4(line)) {
            netstat::append_route(output_.lines(), *route, options_, names_);
        }
    });
    return 0;
}

int NetstatRun::list_routes_v6(bool cache) {
    const auto text = proc_tables::read_file("/proc/net/ipv6_route");
    if (!text) {
        output_.complain("/proc/net/ipv6_route", text.error().os_error);
        output_.lines().append("INET6 (IPv6) not configured in this system.\n");
        return 1;
    }
    netstat::append_routes_heading_v6(output_.lines(), cache);
    proc_tables::split_lines(*text, [&](std::string_view line) {
        if (const auto route = proc_tables::parse_route_v6(line)) {
            netstat::append_route(output_.lines(), *route, cache, options_, names_);
        }
    });
    return 0;
}

// What net-tools says where the family's tables are missing: each in its own words.
int NetstatRun::report_absent_routes(std::string_view family) {
    if (family == "ax25") {
        output_.complain("/proc/net/ax25_route", ENOENT);
        output_.lines().append("AX.25 not configured in this system.\n");
        return 1;
    }
    if (family == "netrom") {
        output_.complain("/proc/net/nr_nodes", ENOENT);
        // net-tools reports the second file with what reporting the first left in errno.
        output_.complain("/proc/net/nr_neigh", EINVAL);
        output_.lines().append("NET/ROM not configured in this system.\n");
        return 1;
    }
    if (family == "rose") {
        output_.complain("/proc/net/rose_nodes", ENOENT);
        output_.complain("ROSE not configured in this system.\n");
        return 1;
    }
    if (family == "ipx") {
        output_.complain(std::string(std::strerror(ENOENT)) +  // NOLINT(concurrency-mt-unsafe)
                         "\n");
        output_.lines().append(
            "IPX routing not in file /proc/net/ipx/route or /proc/net/ipx_route found.\n");
        return 1;
    }
    if (family == "ddp") {
        output_.complain("Error opening /proc/net/atalk_route", ENOENT);
        output_.complain("DDP (AppleTalk) not configured on this system.\n");
        return 1;
    }
    if (family == "x25") {
        output_.lines().append("X.25 not configured in this system.\n");
        return 1;
    }
    if (family == "bluetooth") {
        output_.complain("Address family `bluetooth' not supported.\n");
        return kNotSupported;
    }
    output_.complain("No routing for address family `" + std::string(family) + "'.\n");
    return kNotSupported;
}

int NetstatRun::list_interfaces() {
    if (!interfaces_announced_) {
        output_.lines().append("Kernel Interface table\n");
        interfaces_announced_ = true;
    }
    const bool in_full = options_.extended > 0;
    if (!in_full) {
        netstat::append_interfaces_heading(output_.lines());
    }
    const auto interfaces = proc_tables::read_interfaces();
    if (!interfaces) {
        const Error& error = interfaces.error();
        // NOLINTNEXTLINE(concurrency-mt-unsafe)
        output_.complain(error.doing + ": error fetching interface information: " +
                         (error.os_error == ENODEV ? std::string("Device not found")
                                                   : std::string(std::strerror(error.os_error))) +
                         "\n");
        output_.complain("missing interface information", error.os_error);
        return 1;
    }
    for (const NetworkInterface& interface : *interfaces) {
        constexpr int kUp = 1;  // IFF_UP
        if (!options_.all && (interface.flags & kUp) == 0) {
            continue;
        }
        if (in_full) {
            netstat::append_interface_in_full(output_.lines(), interface);
        } else {
            netstat::append_interface(output_.lines(), interface);
        }
    }
    return 0;
}

int NetstatRun::list_statistics() {
    if (options_.families.empty() || options_.families == "inet") {
        list_statistics_v4();
        return 0;
    }
    if (options_.families == "inet6") {
        list_statistics_v6();
        return 0;
    }
    output_.lines().append("netstat: No statistics support for specified address family: ");
    output_.lines().append(options_.families);
    output_.lines().append('\n');
    return 1;
}

void NetstatRun::list_statistics_v4() {
    netstat::Statistics statistics(options_);
    const auto append_file = [&](const char* path, const std::string& text) {
        const proc_tables::CounterFile file = proc_tables::parse_counter_groups(text);
        for (const CounterGroup& group : file.groups) {
            statistics.append(output_.lines(), group);
        }
        if (file.malformed) {
            output_.complain(std::string("Problem while parsing ") + path + "\n");
        }
    };
    const auto snmp = proc_tables::read_file("/proc/net/snmp");
    if (!snmp) {
        output_.complain("cannot open /proc/net/snmp", snmp.error().os_error);
        return;
    }
    append_file("/proc/net/snmp", *snmp);
    if (const auto text = proc_tables::read_file("/proc/net/netstat")) {
        append_file("/proc/net/netstat", *text);
    }
    if (const auto text = proc_tables::read_file("/proc/net/sctp/snmp")) {
        statistics.append(output_.lines(), proc_tables::parse_sctp_snmp(*text));
    }
}

void NetstatRun::list_statistics_v6() {
    netstat::Statistics statistics(options_);
    const auto snmp6 = proc_tables::read_file("/proc/net/snmp6");
    if (!snmp6) {
        output_.complain("cannot open /proc/net/snmp6", snmp6.error().os_error);
        return;
    }
    for (const CounterGroup& group : proc_tables::parse_snmp6(*snmp6)) {
        statistics.append_v6(output_.lines(), group);
    }
    // TCP is counted for both families together.
    const auto snmp = proc_tables::read_file("/proc/net/snmp");
    if (!snmp) {
        output_.complain("cannot open /proc/net/snmp", snmp.error().os_error);
        return;
    }
    for (const CounterGroup& group : proc_tables::parse_counter_groups(*snmp).groups) {
        if (group.title.starts_with("Tcp")) {
            statistics.append(output_.lines(), group);
        }
    }
}

int NetstatRun::list_masquerade() {
    output_.complain("netstat: no support for `ip_masquerade' on this system.\n");
    return 1;
}

}  // namespace tcpdx::app
