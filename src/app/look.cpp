#include "app/look.h"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "app/stamped_ages.h"
#include "app/unseen.h"
#include "base/i18n.h"
#include "diagnosis/source_ports.h"
#include "model/age_estimate.h"
#include "model/listener_index.h"
#include "model/opener.h"
#include "sources/procfs/conntrack_figures.h"
#include "sources/procfs/kernel_counters.h"
#include "sources/procfs/kernel_options.h"
#include "sources/procfs/network_namespaces.h"
#include "sources/procfs/process_reader.h"
#include "sources/procfs/socket_holders.h"
#include "sources/procfs/tcp_table.h"
#include "sources/sockdiag/exact_ages.h"
#include "sources/sockdiag/tcp_dump.h"

namespace tcpdx::app {
namespace {

void add_unseen(Observations& seen, Message what, Message remedy) {
    seen.coverage.unseen.push_back({std::move(what), std::move(remedy)});
}

// Without netlink: the same sockets, with less to tell.
Result<> read_proc_table(Observations& seen, const Error& refused) {
    TRY(procfs::read_tcp_table(
        [&](Connection& connection) { seen.connections.push_back(connection); }));
    seen.coverage.unseen.push_back(what_netlink_would_tell(refused));
    return {};
}

// TIME-WAITs that need no row, counted as they are listed.
class TimeWaitCounter {
public:
    // `rows` are the listeners; a copy of them is kept, since that vector grows.
    TimeWaitCounter(const std::vector<Connection>& rows, const std::bitset<65536>& source_ports)
        : rows_(rows), source_ports_(source_ports) {
        for (const Connection& listener : rows_) {
            listeners_.add(listener);
        }
    }
    // Whether it was one.
    bool take(const Connection& connection) {
        if (connection.state != TcpState::TimeWait) {
            return false;
        }
        if (listeners_.find(connection.local) != nullptr) {
            ++of_servers_;
        } else if (source_ports_.test(connection.local.port)) {
            of_clients_.add(connection.local.address, connection.remote);
        } else {
            return false;
        }
        cookies_.push_back(connection.cookie.value_or(0));
        return true;
    }
    void begin_again() {
        cookies_.clear();
        of_servers_ = 0;
        of_clients_ = {};
    }
    void put_into(Observations& seen) {
        seen.server_time_waits = of_servers_;
        seen.client_time_waits = of_clients_.take();
        // One may have been listed before, as what it was then: see drop_doubles().
        std::sort(cookies_.begin(), cookies_.end());
        std::erase_if(seen.connections, [&](const Connection& each) {
            return each.cookie && *each.cookie != 0 &&
                   std::binary_search(cookies_.begin(), cookies_.end(), *each.cookie);
        });
    }

private:
    const std::vector<Connection> rows_;
    const std::bitset<65536>& source_ports_;
    ListenerIndex listeners_;
    std::size_t of_servers_ = 0;
    TimeWaitCount of_clients_;
    std::vector<std::uint64_t> cookies_;
};

// What the watch knows of the TIME-WAITs of this namespace, where that can take the place of
// listing them: not where they are few, where its number is not the kernel's, and where a server
// whose TIME-WAITs it has only counted is gone (then they hold a port that somebody may want).
std::optional<KnownTimeWaits> known_time_waits(const Observations& seen, const LookRequest& request,
                                               const std::bitset<65536>& source_ports) {
    constexpr std::uint64_t kWorthIt = 1000;
    const std::uint64_t there = seen.totals.time_wait.value_or(0);
    if (!request.known || there < kWorthIt) {
        return std::nullopt;
    }
    KnownTimeWaits known =
        request.known(static_cast<std::uint32_t>(seen.network_namespace.inode), source_ports);
    const trace::TimeWaits& waiting = known.time_waits;
    ListenerIndex listeners;
    for (const Connection& listener : seen.connections) {
        listeners.add(listener);
    }
    std::uint64_t number = waiting.others.size() + waiting.mini_fin_wait2;
    for (const auto& [local, count] : waiting.passive) {
        if (listeners.find(local) == nullptr) {
            return std::nullopt;
        }
        number += count;
    }
    for (const TimeWaitsTowards& each : waiting.from_source_ports) {
        number += each.count;
    }
    // Some come and go between the two counts.
    const std::uint64_t apart = number > there ? number - there : there - number;
    return apart <= there / 50 ? std::optional(std::move(known)) : std::nullopt;
}

Connection time_wait_row(const trace::TimeWaits::One& one, trace::Time now) {
    Connection row{.local = one.local, .remote = one.remote, .state = TcpState::TimeWait};
    row.kind = SocketKind::TimeWaitSocket;
    row.opener = one.opener;
    row.opener_basis = one.opener == Opener::Unknown ? OpenerBasis::None : OpenerBasis::Watched;
    row.owner.kind = OwnerKind::Kernel;
    row.cookie = one.cookie;
    row.inode = 0;
    const auto since = [now](trace::Time then) {
        return std::chrono::duration_cast<Age::Duration>(std::max(now - then, trace::Time(0)));
    };
    row.age = one.earliest == trace::Time(0)
                  ? Age::at_least(since(one.latest), AgeMethod::Watched)
                  : Age::between(since(one.latest), since(one.earliest), AgeMethod::Watched);
    return row;
}

void add_known(Observations& seen, KnownTimeWaits known) {
    for (const trace::TimeWaits::One& one : known.time_waits.others) {
        seen.connections.push_back(time_wait_row(one, known.at));
    }
    for (const auto& [local, count] : known.time_waits.passive) {
        seen.server_time_waits += count;
    }
    seen.client_time_waits = std::move(known.time_waits.from_source_ports);
}

Result<> dump_sockets(Observations& seen, const LookRequest& request) {
    // Else a vector of a hundred thousand grows by doubling, and has two sizes at once.
    const bool few_time_waits = request.count_time_waits || request.leave_out;
    const std::uint64_t expected =
        seen.totals.in_use.value_or(0) + (few_time_waits ? 0 : seen.totals.time_wait.value_or(0));
    seen.connections.reserve(static_cast<std::size_t>(expected + expected / 16));
    const auto keep = [&](Connection& connection) { seen.connections.push_back(connection); };
    // Listeners apart, since only of them the drops are wanted, and those cost per socket.
    const auto listeners =
        sockdiag::dump_tcp({.states = StateSet().add(TcpState::Listen), .memory = true}, keep,
                           [&] { seen.connections.clear(); });
    if (!listeners) {
        return read_proc_table(seen, listeners.error());
    }
    const std::size_t first = seen.connections.size();
    const auto ports = diagnosis::source_ports(seen);
    const std::bitset<65536> source_ports = ports ? ports->usable : std::bitset<65536>();
    auto known = known_time_waits(seen, request, source_ports);
    TimeWaitCounter counter(seen.connections, source_ports);
    StateSet states = StateSet::all().remove(TcpState::Listen);
    if (known) {
        states = states.remove(TcpState::TimeWait);
    }
    const auto others = TRY(sockdiag::dump_tcp(
        {.states = states},
        [&](Connection& connection) {
            const bool counted = request.count_time_waits && counter.take(connection);
            if (!counted && !(request.leave_out && request.leave_out(connection))) {
                keep(connection);
            }
        },
        [&] {
            seen.connections.resize(first);
            counter.begin_again();
        }));
    counter.put_into(seen);
    if (known) {
        add_known(seen, *std::move(known));
    }
    seen.coverage.tcp_details = true;
    if (others.table_changed || listeners->table_changed) {
        add_unseen(seen,
                   {N_("some sockets, perhaps: the kernel's table changed while it was read.")},
                   {N_("Run it again.")});
    }
    if (const std::size_t unreadable = others.unreadable + listeners->unreadable; unreadable > 0) {
        seen.coverage.unseen.push_back(unreadable_sockets(unreadable));
    }
    return {};
}

// A socket that becomes TIME-WAIT while the dump runs can be listed twice, first as what it was.
void drop_doubles(std::vector<Connection>& connections) {
    std::vector<std::pair<std::uint64_t, std::size_t>> by_cookie;
    by_cookie.reserve(connections.size());
    for (std::size_t i = 0; i < connections.size(); ++i) {
        if (connections[i].cookie) {
            by_cookie.emplace_back(*connections[i].cookie, i);
        }
    }
    std::sort(by_cookie.begin(), by_cookie.end());
    std::vector<std::size_t> doubles;
    for (std::size_t i = 1; i < by_cookie.size(); ++i) {
        if (by_cookie[i].first == by_cookie[i - 1].first) {
            doubles.push_back(by_cookie[i - 1].second);
        }
    }
    std::sort(doubles.rbegin(), doubles.rend());
    for (const std::size_t index : doubles) {
        connections.erase(connections.begin() + static_cast<std::ptrdiff_t>(index));
    }
}

void read_stamped_ages(Observations& seen) {
    const auto stamped =
        std::count_if(seen.connections.begin(), seen.connections.end(), is_stamped);
    if (stamped == 0 || stamped > static_cast<std::ptrdiff_t>(kMostStampsWorthReading)) {
        return;
    }
    const auto ages = sockdiag::read_exact_ages();
    if (!ages) {
        add_unseen(seen,
                   {N_("exact ages of SYN-SENT, SYN-RECEIVED and TIME-WAIT; estimates are shown.")},
                   {N_("Run as root, or with CAP_BPF and CAP_PERFMON.")});
        return;
    }
    for (Connection& connection : seen.connections) {
        const auto age = ages->find(connection.cookie.value_or(0));
        if (age != ages->end()) {
            connection.age = Age::exact(age->second, AgeMethod::KernelTimestamp);
        }
    }
}

KernelTimes times_of(const KernelOptions& options) {
    KernelTimes times;
    if (const auto seconds = options.number("net.ipv4.tcp_fin_timeout")) {
        times.fin_timeout = std::chrono::seconds(*seconds);
    }
    // The option came with the behaviour; a kernel without it doubles from the start.
    times.syn_linear_timeouts =
        static_cast<int>(options.number("net.ipv4.tcp_syn_linear_timeouts").value_or(0));
    return times;
}

// Takes over the processes that hold one of these sockets, and no others.
void take_owners(Observations& seen, const procfs::SocketHolders& holders) {
    std::vector<std::uint32_t> taken(holders.processes().size(), kNoProcess);
    const auto take = [&](std::uint32_t holder) {
        if (taken[holder] == kNoProcess) {
            taken[holder] = static_cast<std::uint32_t>(seen.processes.size());
            seen.processes.push_back(holders.processes()[holder]);
        }
        return taken[holder];
    };
    for (Connection& connection : seen.connections) {
        if (const Owner* owner = holders.find(connection.inode.value_or(0))) {
            connection.owner = *owner;
            connection.owner.process = take(owner->process);
        }
    }
    for (const procfs::HeldDeadSocket& dead : holders.dead_sockets()) {
        if (dead.network_namespace == seen.network_namespace.inode) {
            seen.dead_sockets.push_back(dead.socket);
            seen.dead_sockets.back().process = take(dead.socket.process);
        }
    }
    seen.coverage.owners = seen.coverage.privileged_view = holders.complete();
}

void describe_processes(Observations& seen) {
    const auto reader = procfs::ProcessReader::open();
    if (!reader) {
        return;
    }
    for (Process& process : seen.processes) {
        reader->fill(process);
        reader->count_descriptors(process);
    }
}

Result<> look_at_sockets(Observations& seen, const LookRequest& request) {
    seen.taken = std::chrono::system_clock::now();
    seen.options = procfs::read_kernel_options();
    seen.page_bytes = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
    if (auto counters = procfs::read_counters()) {
        seen.counters = *std::move(counters);
    } else {
        add_unseen(seen, {N_("the kernel's counters.")}, {N_("They are in /proc/net/netstat.")});
    }
    if (const auto totals = procfs::read_socket_totals()) {
        seen.totals = *totals;
    }
    seen.conntrack = procfs::read_conntrack();

    TRY(dump_sockets(seen, request));
    drop_doubles(seen.connections);
    seen.coverage.listeners = seen.coverage.connections = true;
    const KernelTimes times = times_of(seen.options);
    for (Connection& connection : seen.connections) {
        if (connection.opener_basis != OpenerBasis::Watched) {
            infer_opener(connection);
        }
        if (connection.age.method != AgeMethod::Watched) {
            connection.age = estimate_age(connection, times);
        }
    }
    if (!request.known) {
        read_stamped_ages(seen);
    }
    return {};
}

void attribute_all(Observations& seen, const procfs::SocketHolders& holders) {
    take_owners(seen, holders);
    ListenerIndex listeners;
    for (const Connection& connection : seen.connections) {
        if (connection.is_listener()) {
            listeners.add(connection);
        }
    }
    for (Connection& connection : seen.connections) {
        attribute(connection, listeners, seen.coverage.owners);
    }
    describe_processes(seen);
    for (Unseen& unseen : unseen_processes(holders)) {
        seen.coverage.unseen.push_back(std::move(unseen));
    }
    if (!holders.dead_sockets_known()) {
        add_unseen(
            seen,
            {N_("sockets of failed connections that are still held open; no table lists them.")},
            {N_("Run as root, or with CAP_BPF and CAP_PERFMON.")});
    }
}

// Our own namespace, and the others too where they are asked for.
Result<std::vector<Observations>> look_at_namespaces(const LookRequest& request) {
    std::vector<Observations> looks;
    auto list = procfs::list_network_namespaces();
    if (!list || list->namespaces.empty()) {
        looks.emplace_back();
        TRY(look_at_sockets(looks.back(), request));
        return looks;
    }
    looks.emplace_back();
    looks.front().network_namespace.inode = list->namespaces.front().identity.inode;
    TRY(look_at_sockets(looks.front(), request));
    const auto others = static_cast<std::int64_t>(list->namespaces.size() - 1);
    if (!request.all_namespaces) {
        if (others > 0) {
            add_unseen(looks.front(),
                       {N_("other network namespaces (containers) of this host: {0}."), {others}},
                       {N_("--all-netns looks at them too.")});
        }
        return looks;
    }
    for (std::size_t i = 1; i < list->namespaces.size(); ++i) {
        Observations seen;
        seen.network_namespace = list->namespaces[i].identity;
        const Result<> looked = procfs::inside_network_namespace(
            list->namespaces[i].entrance, [&] { return look_at_sockets(seen, request); });
        if (looked) {
            looks.push_back(std::move(seen));
        } else {
            looks.front().coverage.unseen.push_back(
                network_namespace_not_entered(seen.network_namespace.name));
        }
    }
    return looks;
}

}  // namespace

Result<std::vector<Observations>> look_at_host(const LookRequest& request) {
    auto looks = TRY(look_at_namespaces(request));
    // After the sockets: a holder that is found then holds what was listed.
    const auto holders = procfs::find_socket_holders({.dead_sockets = true});
    for (Observations& seen : looks) {
        if (holders) {
            attribute_all(seen, *holders);
        } else {
            add_unseen(seen, {N_("which processes hold the sockets.")},
                       {N_("They are looked for in /proc/PID/fd.")});
        }
    }
    return looks;
}

}  // namespace tcpdx::app
