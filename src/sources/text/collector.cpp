#include "sources/text/collector.h"

namespace tcpdx::text {
namespace {

// The queues of a listener are other things, and differ from tool to tool.
void set_queues(Connection& connection, const Row& row) {
    if (!connection.is_listener()) {
        connection.receive_queue = row.first_queue;
        connection.send_queue = row.second_queue;
        return;
    }
    switch (row.layout) {
        case Layout::Ss:
        case Layout::ListenQueue:
            connection.accept_queue = row.first_queue;
            connection.backlog_limit = row.second_queue;
            break;
        case Layout::Netstat:
            // Of the BSDs, it is always 0: netstat -L shows the queue there.
            if (!row.local.dotted) {
                connection.accept_queue = row.first_queue;
            }
            break;
        case Layout::Windows:
        case Layout::Sockstat:
        case Layout::PowerShell:
        case Layout::Solaris:
        case Layout::Lsof:
        case Layout::Proc:
        case Layout::Bare:
            break;
    }
}

SocketKind kind_of(const Connection& connection, Layout layout) {
    if (connection.state == TcpState::TimeWait ||
        (connection.timer && connection.timer->kind == TimerKind::TimeWait)) {
        return SocketKind::TimeWaitSocket;
    }
    const bool linux_layout = layout == Layout::Netstat || layout == Layout::Ss;
    return connection.state == TcpState::SynReceived && linux_layout ? SocketKind::RequestSocket
                                                                     : SocketKind::Full;
}

}  // namespace

SocketAddress Collector::resolved(const Endpoint& end, bool v6) {
    SocketAddress address{end.address, end.port};
    if (end.host == Endpoint::Host::Name) {
        key_.assign(end.host_text);
        const auto [found, added] =
            names_.try_emplace(key_, static_cast<std::uint32_t>(paste_.host_names.size()));
        if (added) {
            paste_.host_names.push_back(key_);
        }
        address.address = IpAddress::name(found->second);
        return address;
    }
    if (v6 && address.address.family == IpFamily::V4) {
        // "tcp6 ... 127.0.0.1:9200": an IPv6 socket with a mapped address. "*" is its any-address.
        address.address.family = IpFamily::V6;
        if (end.host == Endpoint::Host::Any) {
            address.address = IpAddress::any(IpFamily::V6);
        }
    }
    return address;
}

std::uint32_t Collector::process(int pid, std::string_view name) {
    if (last_process_ != kNoProcess && all_.processes[last_process_].pid == pid &&
        (name.empty() || all_.processes[last_process_].name == name)) {
        return last_process_;
    }
    key_ = std::to_string(pid);
    if (pid == 0 || !name.empty()) {
        key_ += '/';
        key_ += name;
    }
    const auto [found, added] =
        processes_by_key_.try_emplace(key_, static_cast<std::uint32_t>(all_.processes.size()));
    if (added) {
        Process known;
        known.pid = pid;
        known.name = std::string(name);
        all_.processes.push_back(std::move(known));
    }
    last_process_ = found->second;
    return last_process_;
}

void Collector::set_last_owner(const Row& row) {
    Connection& connection = last();
    last_note().owner = row.owner_text;
    if (row.owner_text == OwnerText::Process) {
        connection.owner.kind = OwnerKind::Process;
        connection.owner.process = process(row.pid, row.program);
        connection.owner.descriptor = row.connection.owner.descriptor;
        connection.owner.more_holders = row.connection.owner.more_holders;
    }
}

void Collector::add(const Row& row, std::uint32_t line) {
    all_.rows.push_back(row.connection);
    all_.notes.push_back({row.layout, row.owner_text});
    Connection& connection = all_.rows.back();
    if (row.layout != Layout::Proc) {
        connection.local = resolved(row.local, row.v6_protocol);
        connection.remote = resolved(
            row.remote, row.v6_protocol || (row.remote.host == Endpoint::Host::Any &&
                                            connection.local.address.family == IpFamily::V6));
        set_queues(connection, row);
        connection.kind = kind_of(connection, row.layout);
        if (connection.is_listener()) {
            connection.remote.port = 0;
        }
    }
    connection.source_line = line;
    set_last_owner(row);
}

void Collector::name_last_owner(std::string_view program) {
    Connection& connection = last();
    if (connection.owner.kind == OwnerKind::Process &&
        connection.owner.process < all_.processes.size()) {
        Process& known = all_.processes[connection.owner.process];
        if (known.name.empty()) {
            known.name = std::string(program);
        }
        return;
    }
    if (last_note().owner == OwnerText::NoColumn) {
        // netstat -b without -o: the name is all there is.
        connection.owner.kind = OwnerKind::Process;
        connection.owner.process = process(0, program);
        last_note().owner = OwnerText::Process;
    }
}

void Collector::begin_listing(std::uint64_t header, std::uint64_t command) {
    Listing& current = all_.listings.back();
    // A command and the header below it begin one listing, not two.
    if (current.first_row == all_.rows.size()) {
        current.header = header != 0 ? header : current.header;
        current.command = command != 0 ? command : current.command;
        return;
    }
    Listing next;
    next.first_row = all_.rows.size();
    next.header = header;
    next.command = command;
    all_.listings.push_back(next);
}

void Collector::reserve(std::size_t rows) {
    all_.rows.reserve(rows);
    all_.notes.reserve(rows);
}

}  // namespace tcpdx::text
