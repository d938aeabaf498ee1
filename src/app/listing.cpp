#include "app/listing.h"

#include <fcntl.h>

#include <algorithm>
#include <charconv>

#include "app/stamped_ages.h"
#include "app/unseen.h"
#include "base/i18n.h"
#include "model/age_estimate.h"
#include "model/filter/search_space.h"
#include "model/opener.h"
#include "sources/procfs/kernel_counters.h"
#include "sources/procfs/proc_file.h"
#include "sources/procfs/process_reader.h"
#include "sources/procfs/tcp_table.h"

namespace tcpdx::app {
namespace {

constexpr std::size_t kFewRows = 1000;

// Numbers that the socket table has without tcp_info.
bool is_always_there(std::string_view name) {
    static constexpr std::string_view kNames[] = {
        "recv-q", "send-q", "accept-queue", "backlog", "drops", "uid", "inode", "cookie", "mark"};
    return std::find(std::begin(kNames), std::end(kNames), name) != std::end(kNames);
}

std::optional<long> kernel_option(const char* path) {
    const auto text = procfs::read_file(AT_FDCWD, path);
    long value = 0;
    if (!text ||
        std::from_chars(text->data(), text->data() + text->size(), value).ec != std::errc()) {
        return std::nullopt;
    }
    return value;
}

// Of the network namespace that we are in now.
KernelTimes read_kernel_times() {
    KernelTimes times;
    if (const auto seconds = kernel_option("/proc/sys/net/ipv4/tcp_fin_timeout")) {
        times.fin_timeout = std::chrono::seconds(*seconds);
    }
    times.syn_linear_timeouts =
        static_cast<int>(kernel_option("/proc/sys/net/ipv4/tcp_syn_linear_timeouts").value_or(0));
    return times;
}

using Conditions = std::vector<sockdiag::EndCondition>;

void add_condition(Conditions& conditions, sockdiag::EndCondition::End end,
                   const filter::PortRange& ports, const std::optional<IpPrefix>& prefix) {
    if (ports == filter::PortRange{} && !prefix) {
        return;
    }
    conditions.push_back(
        {.end = end, .lowest_port = ports.first, .highest_port = ports.last, .prefix = prefix});
}

Conditions conditions_of(const filter::SearchArea& area) {
    Conditions conditions;
    add_condition(conditions, sockdiag::EndCondition::End::Local, area.local_port, area.local);
    add_condition(conditions, sockdiag::EndCondition::End::Remote, area.remote_port, area.remote);
    return conditions;
}

}  // namespace

void Needs::add(const std::vector<const Field*>& fields) {
    for (const Field* field : fields) {
        const std::string_view key = field->key;
        const bool unit = key == "unit";
        const bool owner = unit || key == "owner" || key == "pid" || key == "process" ||
                           key == "fd" || key == "more_holders";
        const bool opener = key == "opener" || key == "opener_basis" || key == "service_port";
        units = units || unit;
        owners = owners || owner;
        listeners = listeners || owner || opener;
        const bool age = key.starts_with("age_");
        ages = ages || age;
        tcp_info = tcp_info || opener || age ||
                   (field->number != nullptr && !is_always_there(field->number->name));
        drops = drops || key == "drops";
        congestion = congestion || key == "congestion";
        namespaces = namespaces || key.starts_with("netns");
    }
}

void Needs::add(const filter::Expression& filter) {
    filter::for_each_condition(filter, [this](const filter::Expression& condition) {
        using namespace filter;  // NOLINT(google-build-using-namespace): the names of conditions
        const bool unit = std::holds_alternative<UnitIs>(condition.is);
        const bool owner = unit || std::holds_alternative<PidIs>(condition.is) ||
                           std::holds_alternative<ProcessIs>(condition.is) ||
                           std::holds_alternative<OwnerIs>(condition.is);
        const bool opener = std::holds_alternative<OpenerIs>(condition.is);
        units = units || unit;
        owners = owners || owner;
        listeners = listeners || owner || opener;
        const bool age = std::holds_alternative<AgeIs>(condition.is);
        ages = ages || age;
        tcp_info = tcp_info || opener || age;
        namespaces = namespaces || std::holds_alternative<NamespaceIs>(condition.is);
        if (const auto* number = std::get_if<NumberIs>(&condition.is)) {
            tcp_info = tcp_info || !is_always_there(number->field->name);
            drops = drops || number->field->name == "drops";
        }
    });
}

Listing::Listing(const filter::Expression& filter, Needs needs, bool all_namespaces)
    : filter_(filter), needs_(needs), all_namespaces_(all_namespaces) {
    filter_needs_.add(filter);
    context_.user_name = [this](std::uint32_t uid) { return names_.user(uid); };
    context_.interface_name = [this](std::uint32_t network_namespace, std::uint32_t index) {
        return names_.interface(network_namespace, index);
    };
    context_.cgroup_path = [this](std::uint64_t id) { return names_.cgroup(id); };
}

sockdiag::DumpRequest Listing::request() const {
    sockdiag::DumpRequest request{.states = StateSet(), .conditions = {}};
    request.tcp_info = needs_.tcp_info;
    request.congestion = needs_.congestion;
    request.memory = needs_.drops;
    const filter::SearchSpace space = filter::search_space_of(filter_);
    if (const auto box = space.box()) {
        request.states = box->states;
        for (const filter::SearchArea& area : space.any_of) {
            request.alternatives.push_back(conditions_of(area));
        }
    }
    return request;
}

Result<> Listing::find_owners() {
    if (!needs_.owners || holders_) {
        return {};
    }
    holders_ = TRY(procfs::find_socket_holders());
    processes_ = holders_->processes();
    if (needs_.units) {
        if (const auto reader = procfs::ProcessReader::open()) {
            for (Process& process : processes_) {
                reader->fill(process);
            }
        }
    }
    context_.processes = processes_;
    filter_context_.processes = processes_;
    for (Unseen& unseen : unseen_processes(*holders_)) {
        unseen_.push_back(std::move(unseen));
    }
    return {};
}

void Listing::complete(Connection& connection, const ListenerIndex& listeners) {
    connection.network_namespace = current_namespace_;
    if (connection.interface != 0) {
        names_.learn_interface(current_namespace_, connection.interface);
    }
    if (holders_) {
        if (const Owner* owner = holders_->find(connection.inode.value_or(0))) {
            connection.owner = *owner;
        }
    }
    if (needs_.tcp_info) {
        infer_opener(connection);
        connection.age = estimate_age(connection, kernel_times_);
    }
    if (const auto stamped = stamped_ages_.find(connection.cookie.value_or(0));
        stamped != stamped_ages_.end()) {
        connection.age = Age::exact(stamped->second, AgeMethod::KernelTimestamp);
    }
    if (needs_.listeners) {
        attribute(connection, listeners, holders_ && holders_->complete());
    }
}

void Listing::pass_on(Connection& connection, const ListenerIndex& listeners) {
    if ((*stopped_)()) {
        return;
    }
    complete(connection, listeners);
    if (filter::matches(filter_, connection, filter_context_)) {
        writer_->add(connection);
    }
}

void Listing::note(const sockdiag::DumpOutcome& outcome) {
    table_changed_ = table_changed_ || outcome.table_changed;
    if (outcome.unreadable > 0) {
        unseen_.push_back(unreadable_sockets(outcome.unreadable));
    }
}

// Without netlink: the same sockets, with less to tell.
Result<> Listing::read_proc_table(const Error& refused) {
    std::vector<Connection> listeners;
    ListenerIndex index;
    if (needs_.listeners) {
        TRY(procfs::read_tcp_table([&](Connection& connection) {
            if (connection.is_listener()) {
                listeners.push_back(connection);
            }
        }));
    }
    TRY(find_owners());
    for (Connection& listener : listeners) {
        complete(listener, index);
        index.add(listener);
    }
    TRY(procfs::read_tcp_table([&](Connection& connection) { pass_on(connection, index); }));
    if (!netlink_refused_) {  // in other namespaces it is no news
        unseen_.push_back(what_netlink_would_tell(refused));
    }
    netlink_refused_ = true;
    return {};
}

// What is listed of one network namespace. Most filters let few connections through, and for these
// more can be found out: which processes hold them only after they were listed, so that a holder
// that is found held what was listed, and not at all where none can; exact ages where the kernel
// stamps them. Once there are many, rows are written as they come.
struct Listing::Rows {
    std::vector<Connection> listeners;
    ListenerIndex listener_index;
    bool listeners_wanted = false;
    std::vector<Connection> others;
    bool collecting = true;
    bool are_few = true;
};

// Unless the filter surely says no, whatever will be found out about it.
bool Listing::may_be_shown(const Connection& connection) const {
    return filter_needs_.owners ||
           filter::evaluate(filter_, connection, filter_context_) != filter::Truth::False;
}

void Listing::read_stamps(const Rows& rows) {
    const bool wanted = needs_.ages && rows.are_few &&
                        std::any_of(rows.others.begin(), rows.others.end(), is_stamped);
    if (!wanted) {
        return;
    }
    // The kernel reads the stamps of all sockets of the namespace, however few are wanted.
    const auto totals = procfs::read_socket_totals();
    if (!totals || !totals->in_use ||
        *totals->in_use + totals->time_wait.value_or(0) > kMostStampsWorthReading) {
        return;
    }
    if (auto ages = sockdiag::read_exact_ages()) {
        stamped_ages_ = *std::move(ages);
    }
}

Result<> Listing::write_collected(Rows& rows) {
    rows.collecting = false;
    // Whose a TIME-WAIT socket is, no process can tell.
    const auto may_have_owner = [&](const Connection& connection) {
        return connection.kind != SocketKind::TimeWaitSocket && may_be_shown(connection);
    };
    if (!rows.are_few || std::any_of(rows.others.begin(), rows.others.end(), may_have_owner) ||
        (rows.listeners_wanted &&
         std::any_of(rows.listeners.begin(), rows.listeners.end(), may_have_owner))) {
        TRY(find_owners());
    }
    read_stamps(rows);
    for (const Connection& listener : rows.listeners) {
        rows.listener_index.add(listener);
    }
    for (Connection& listener : rows.listeners) {
        complete(listener, rows.listener_index);
        if (rows.listeners_wanted && filter::matches(filter_, listener, filter_context_)) {
            writer_->add(listener);
        }
    }
    for (Connection& connection : rows.others) {
        pass_on(connection, rows.listener_index);
    }
    rows.others.clear();
    return {};
}

Result<> Listing::list_namespace(std::uint32_t index) {
    current_namespace_ = index;
    stamped_ages_.clear();
    kernel_times_ = needs_.tcp_info ? read_kernel_times() : KernelTimes{};

    // Listeners come first: the other rows need them.
    sockdiag::DumpRequest wanted = request();
    Rows rows;
    rows.listeners_wanted = wanted.states.contains(TcpState::Listen);
    std::vector<Connection>& listeners = rows.listeners;
    if (rows.listeners_wanted || (needs_.listeners && !wanted.states.empty())) {
        sockdiag::DumpRequest first{.states = StateSet().add(TcpState::Listen), .conditions = {}};
        first.tcp_info = false;
        first.memory = needs_.drops;
        const auto dumped = sockdiag::dump_tcp(
            first, [&](Connection& connection) { listeners.push_back(connection); },
            [&] { listeners.clear(); });
        if (!dumped) {
            return read_proc_table(dumped.error());
        }
        note(*dumped);
    }
    wanted.states.remove(TcpState::Listen);
    if (wanted.states.empty()) {
        return write_collected(rows);
    }
    Result<> written;
    const auto dumped = sockdiag::dump_tcp(wanted, [&](Connection& connection) {
        if (rows.collecting) {
            rows.others.push_back(connection);
            if (rows.others.size() > kFewRows && written) {
                rows.are_few = false;
                written = write_collected(rows);
            }
        } else if (written) {
            pass_on(connection, rows.listener_index);
        }
    });
    if (!dumped) {
        return listeners.empty() && rows.collecting ? read_proc_table(dumped.error())
                                                    : Result<>(unexpected(dumped.error()));
    }
    TRY(std::move(written));
    if (rows.collecting) {
        TRY(write_collected(rows));
    }
    note(*dumped);
    return {};
}

Result<> Listing::run(ConnectionWriter& writer, const std::function<bool()>& stopped) {
    writer_ = &writer;
    stopped_ = &stopped;
    const Result<> listed = list_all();
    // Rows refer to neither, and both are large where there are many sockets.
    holders_.reset();
    stamped_ages_ = {};
    return listed;
}

Result<> Listing::list_all() {
    if (!all_namespaces_ && !needs_.namespaces) {
        return list_namespace(0);
    }
    const auto found = procfs::list_network_namespaces();
    if (!found || found->namespaces.empty()) {
        unseen_.push_back({{N_("network namespaces other than this one.")},
                           {N_("They are looked for in /proc/PID/ns/net.")}});
        return list_namespace(0);
    }
    const procfs::NamespaceList& list = *found;
    for (const procfs::OpenNamespace& each : list.namespaces) {
        namespaces_.push_back(each.identity);
    }
    context_.namespaces = namespaces_;
    filter_context_.namespaces = namespaces_;
    TRY(list_namespace(0));
    if (!all_namespaces_) {
        return {};
    }
    for (std::size_t i = 1; i < list.namespaces.size(); ++i) {
        const Result<> listed = procfs::inside_network_namespace(list.namespaces[i].entrance, [&] {
            return list_namespace(static_cast<std::uint32_t>(i));
        });
        if (!listed) {
            unseen_.push_back(network_namespace_not_entered(namespaces_[i].name));
        }
    }
    if (list.unseen_processes > 0) {
        unseen_.push_back({{N_("network namespaces of other users' processes ({0} of them)."),
                            {static_cast<std::int64_t>(list.unseen_processes)}},
                           {N_("Run as root, or with CAP_SYS_PTRACE.")}});
    }
    return {};
}

}  // namespace tcpdx::app
