#include <unistd.h>

#include <cerrno>
#include <string>

#include "app/command.h"
#include "app/netstat_run.h"
#include "presentation/netstat/table_lines.h"
#include "sources/procfs/tables/inet_sockets.h"
#include "sources/procfs/tables/lines.h"
#include "sources/procfs/tables/memberships.h"
#include "sources/procfs/tables/sctp_sockets.h"
#include "sources/procfs/tables/unix_sockets.h"
#include "sources/sockdiag/tcp_dump.h"

namespace tcpdx::app {
namespace {

bool is_absent(const Error& error) {
    return error.os_error == ENOENT || error.os_error == EACCES;
}

std::string no_support(const char* feature) {
    return std::string("netstat: no support for `") + feature + "' on this system.\n";
}

std::string bogus(std::string_view table) {
    return "warning, got bogus " + std::string(table) + " line.\n";
}

// The states that can pass the filter of -l or of no option at all.
StateSet states_to_ask_for(const netstat::Options& options) {
    // Closed stands for bound sockets that do not listen, which /proc/net/tcp does not have.
    StateSet states = StateSet::all().remove(TcpState::Closed);
    if (options.all) {
        return states;
    }
    return options.listening ? StateSet().add(TcpState::Listen) : states.remove(TcpState::Listen);
}

}  // namespace

int NetstatRun::list_sockets() {
    programs_loaded_ = false;
    if (!options_.particular() || options_.internet()) {
        if (const int status = list_internet(); status != 0) {
            return status;
        }
    }
    if (options_.groups) {
        if (const int status = list_groups(); status != 0) {
            return status;
        }
    }
    if (!options_.particular() || options_.unix_domain) {
        if (const int status = list_unix(); status != 0) {
            return status;
        }
    }
    return report_absent_families();
}

int NetstatRun::list_internet() {
    load_programs();
    lines_.append_internet_heading(output_.lines());
    const bool everything = !options_.particular();
    int status = 0;
    if (everything || options_.tcp) {
        status = list_tcp();
    }
    if (status == 0 && (everything || options_.sctp)) {
        status = list_sctp();
    }
    if (status == 0 && (everything || options_.udp)) {
        status = list_datagrams("/proc/net/udp", "/proc/net/udp6", "AF INET (udp)", "udp", "udp6");
    }
    if (status == 0 && (everything || options_.udplite)) {
        status = list_datagrams("/proc/net/udplite", "/proc/net/udplite6", "AF INET (udplite)",
                                "udpl", "udpl6");
    }
    if (status == 0 && (everything || options_.raw)) {
        status = list_raw();
    }
    return status;
}

// Walks a table and its IPv6 twin as far as each is asked for. Only the first one's absence counts.
int NetstatRun::each_line(const char* v4, const char* v6, const char* feature,
                          const OnLine& on_line) {
    const bool everything = !options_.particular();
    int status = 0;
    std::size_t number = 0;
    if (everything || options_.inet) {
        const Result<> read = proc_tables::for_each_line(v4, [&](std::string_view line) {
            on_line(number++, line, false);
            output_.flush_if_large();
        });
        if (!read && !is_absent(read.error())) {
            output_.complain(v4, read.error().os_error);
            return -1;
        }
        if (!read && !options_.all_protocols) {
            if (!everything || options_.verbose) {
                output_.complain(no_support(feature));
            }
            status = everything ? 0 : 1;
        }
    }
    if (v6 != nullptr && (everything || options_.inet6)) {
        number = 0;
        // A system without IPv6 has no such file, and nothing to list.
        static_cast<void>(proc_tables::for_each_line(v6, [&](std::string_view line) {
            on_line(number++, line, true);
            output_.flush_if_large();
        }));
    }
    return status;
}

int NetstatRun::list_tcp() {
    const std::optional<int> status = list_tcp_by_netlink();
    return status ? *status : list_tcp_by_text();
}

// The kernel walks the same table for sock_diag and for /proc/net/tcp, in the same order, but fills
// in half-open requests differently: the text has their listener's user and counts timeouts where
// the dump counts retransmissions. With -e or -o a table with requests is therefore read as text.
std::optional<int> NetstatRun::list_tcp_by_netlink() {
    const bool everything = !options_.particular();
    const bool wants_v4 = everything || options_.inet;
    const bool wants_v6 = everything || options_.inet6;
    const bool requests_matter = options_.extended > 0 || options_.timers;
    bool usable = true;
    netstat::LineBuffer v6;  // comes behind all of IPv4, but from the kernel between it
    output_.flush_if_large();
    const std::size_t before = output_.lines().size();
    const std::uint64_t written_before = output_.written();

    const sockdiag::DumpRequest request{.states = states_to_ask_for(options_),
                                        .tcp_info = options_.timers};
    const auto dumped = sockdiag::dump_tcp(request, [&](const Connection& connection) {
        if (requests_matter && connection.kind == SocketKind::RequestSocket) {
            usable = false;
        }
        if (!usable) {
            return;
        }
        if (connection.local.address.family == IpFamily::V6) {
            if (wants_v6) {
                lines_.append_tcp(v6, netstat::to_row(connection));
            }
        } else if (wants_v4) {
            lines_.append_tcp(output_.lines(), netstat::to_row(connection));
            // Once a piece is written there is no way back to the text.
            if (!requests_matter) {
                output_.flush_if_large();
            }
        }
    });
    if (!dumped && output_.written() != written_before) {
        complain(dumped.error());
        return kFailure;
    }
    if (!dumped || !usable) {
        output_.lines().truncate(before);
        return std::nullopt;
    }
    output_.flush_if_large();
    output_.lines().append(v6.text());
    return 0;
}

int NetstatRun::list_tcp_by_text() {
    return each_line("/proc/net/tcp", "/proc/net/tcp6", "AF INET (tcp)",
                     [this](std::size_t number, std::string_view line, bool) {
                         if (number == 0) {
                             return;
                         }
                         if (const auto row = proc_tables::parse_inet_socket(line)) {
                             lines_.append_tcp(output_.lines(), *row);
                         } else {
                             output_.complain(bogus("tcp"));
                         }
                     });
}

int NetstatRun::list_datagrams(const char* v4, const char* v6, const char* feature,
                               std::string_view name_v4, std::string_view name_v6) {
    return each_line(v4, v6, feature, [&](std::size_t number, std::string_view line, bool is_v6) {
        if (number == 0) {
            return;
        }
        if (const auto row = proc_tables::parse_inet_socket(line)) {
            lines_.append_udp(output_.lines(), *row, is_v6 ? name_v6 : name_v4);
        } else {
            output_.complain(bogus("udp"));
        }
    });
}

int NetstatRun::list_raw() {
    return each_line("/proc/net/raw", "/proc/net/raw6", "AF INET (raw)",
                     [this](std::size_t number, std::string_view line, bool) {
                         if (number == 0) {
                             return;
                         }
                         if (const auto row = proc_tables::parse_inet_socket(line)) {
                             lines_.append_raw(output_.lines(), *row);
                         } else {
                             output_.complain(bogus("raw"));
                         }
                     });
}

int NetstatRun::list_sctp() {
    int status = 0;
    if (options_.all || options_.listening) {
        status = each_line("/proc/net/sctp/eps", "/proc/net/sctp6/eps", "AF INET (sctp)",
                           [this](std::size_t number, std::string_view line, bool) {
                               if (number == 0) {
                                   return;
                               }
                               if (const auto row = proc_tables::parse_sctp_endpoint(line)) {
                                   lines_.append_sctp_endpoint(output_.lines(), *row);
                               } else {
                                   output_.complain(bogus("sctp eps"));
                               }
                           });
    }
    if (status == 0 && (options_.all || !options_.listening)) {
        status = each_line("/proc/net/sctp/assocs", "/proc/net/sctp6/assocs", "AF INET (sctp)",
                           [this](std::size_t number, std::string_view line, bool) {
                               if (number == 0) {
                                   return;
                               }
                               if (const auto row = proc_tables::parse_sctp_association(line)) {
                                   lines_.append_sctp_association(output_.lines(), *row);
                               } else {
                                   output_.complain(bogus("sctp assoc"));
                               }
                           });
    }
    return status;
}

int NetstatRun::list_groups() {
    netstat::append_groups_heading(output_.lines());
    proc_tables::IgmpReader reader;
    return each_line("/proc/net/igmp", "/proc/net/igmp6", "AF INET (igmp)",
                     [&](std::size_t number, std::string_view line, bool is_v6) {
                         GroupMembership membership;
                         using Line = proc_tables::IgmpReader::Line;
                         Line read = Line::Group;
                         if (is_v6) {
                             const auto found = proc_tables::parse_igmp6(line);
                             read = found ? Line::Group : Line::Malformed;
                             membership = found.value_or(membership);
                         } else {
                             read = reader.read(line, membership);
                         }
                         if (read == Line::Group) {
                             netstat::append_group(output_.lines(), membership, options_, names_);
                         } else if (read == Line::Malformed) {
                             output_.complain(std::string("warning, got bogus ") +
                                              (is_v6 ? "igmp6" : "igmp") + " line " +
                                              std::to_string(number) + ".\n");
                         }
                     });
}

int NetstatRun::list_unix() {
    load_programs();
    lines_.append_unix_heading(output_.lines());
    std::size_t number = 0;
    const Result<> read = proc_tables::for_each_line("/proc/net/unix", [&](std::string_view line) {
        if (number++ == 0) {
            return;
        }
        if (const auto row = proc_tables::parse_unix_socket(line)) {
            lines_.append_unix(output_.lines(), *row);
        } else {
            output_.complain(bogus("unix"));
        }
        output_.flush_if_large();
    });
    if (read) {
        return 0;
    }
    if (!is_absent(read.error())) {
        output_.complain("/proc/net/unix", read.error().os_error);
        return -1;
    }
    if (options_.all_protocols || (!options_.particular() && !options_.verbose)) {
        return 0;
    }
    output_.complain(no_support("AF UNIX"));
    return options_.particular() ? 1 : 0;
}

// Families whose last kernels are gone (or whose tables net-tools was built without) answer as on a
// system that does not have them.
int NetstatRun::report_absent(bool selected, const char* feature) {
    const bool everything = !options_.particular();
    if (!everything && !selected) {
        return 0;
    }
    if (!everything || options_.verbose) {
        output_.complain(no_support(feature));
    }
    return everything ? 0 : 1;
}

int NetstatRun::report_absent_families() {
    struct Absent {
        bool selected;
        const char* feature;
    };
    for (const Absent& family :
         {Absent{options_.ipx, "AF IPX"}, Absent{options_.ax25, "AF AX25"},
          Absent{options_.x25, "AF X25"}, Absent{options_.netrom, "AF NETROM"},
          Absent{options_.rose, "AF ROSE"}}) {
        if (const int status = report_absent(family.selected, family.feature); status != 0) {
            return status;
        }
    }
    if (options_.l2cap || options_.rfcomm) {
        output_.complain(
            "netstat: feature `AF BLUETOOTH' not supported.\n"
            "Please recompile `net-tools' with newer kernel source or full configuration.\n");
        return 1;
    }
    return 0;
}

void NetstatRun::load_programs() {
    if (programs_loaded_ || !options_.programs) {
        return;
    }
    programs_loaded_ = true;
    holders_ = proc_tables::read_socket_programs(options_.security_context);
    programs_.clear();
    security_contexts_.clear();
    for (const auto& holder : holders_.holders) {
        programs_.push_back(netstat::program_text(holder.pid, holder.program));
        security_contexts_.push_back(netstat::security_context_text(holder.security_context));
    }
    if (holders_.proc_unreadable || (holders_.some_denied && holders_.by_inode.empty())) {
        output_.complain("(No info could be read for \"-p\": geteuid()=" +
                         std::to_string(::geteuid()) + " but you should be root.)\n");
    } else if (holders_.some_denied) {
        output_.complain(
            "(Not all processes could be identified, non-owned process info\n"
            " will not be shown, you would have to be root to see it all.)\n");
    }
}

}  // namespace tcpdx::app
