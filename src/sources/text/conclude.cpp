#include "sources/text/conclude.h"

#include <algorithm>
#include <set>
#include <unordered_set>

#include "model/age_estimate.h"
#include "model/listener_index.h"
#include "model/opener.h"

namespace tcpdx::text {
namespace {

constexpr std::uint16_t kFirstUnprivilegedPort = 1024;

// Owners of several users, or of services on privileged ports, next to each other and no listener
// without one: only root sees that. (A user's own programs can neither listen below 1024 nor be of
// two users.)
bool sees_everybody(const Observations& seen, const std::vector<RowNote>& notes) {
    std::size_t owned_listeners = 0;
    std::set<std::uint32_t> uids;
    std::set<std::uint32_t> privileged;
    for (std::size_t i = 0; i < seen.connections.size(); ++i) {
        const Connection& connection = seen.connections[i];
        if (notes[i].owner == OwnerText::Process && connection.uid) {
            uids.insert(*connection.uid);
        }
        if (!connection.is_listener()) {
            continue;
        }
        if (notes[i].owner != OwnerText::Process) {
            return false;
        }
        ++owned_listeners;
        if (connection.local.port != 0 && connection.local.port < kFirstUnprivilegedPort) {
            privileged.insert(connection.owner.process);
        }
    }
    constexpr std::size_t kSeveral = 2;
    return owned_listeners > 0 && (uids.size() >= kSeveral || privileged.size() >= kSeveral);
}

// Ports on which a process that the author could see listens, or has a connection. A connection on
// such a port without an owner is not hidden: whoever may see the listener may see its connections.
std::unordered_set<std::uint16_t> visible_ports(const Observations& seen,
                                                const std::vector<RowNote>& notes) {
    std::unordered_set<std::uint16_t> ports;
    for (std::size_t i = 0; i < seen.connections.size(); ++i) {
        if (seen.connections[i].is_listener() && notes[i].owner == OwnerText::Process) {
            ports.insert(seen.connections[i].local.port);
        }
    }
    return ports;
}

// Whether "-" in the owner column means that there is no owner.
void conclude_owner(Connection& connection, const RowNote& note, bool as_root, bool visible,
                    const ListenerIndex& listeners) {
    if (connection.owner.kind != OwnerKind::Unknown) {
        return;
    }
    if (connection.state == TcpState::TimeWait || connection.kind != SocketKind::Full) {
        connection.owner.kind = OwnerKind::Kernel;
        return;
    }
    const bool linux_layout =
        note.layout == Layout::Netstat || note.layout == Layout::Ss || note.layout == Layout::Proc;
    if (!linux_layout || note.owner != OwnerText::Nobody || connection.is_listener()) {
        return;
    }
    // An inode says that a file is open on it, even if nobody was found: another namespace's.
    if (connection.inode.value_or(0) != 0 || !(as_root || visible)) {
        return;
    }
    const bool listened = listeners.find(connection.local) != nullptr;
    switch (connection.state) {
        case TcpState::CloseWait:
            break;
        case TcpState::Established:
            // The kernel's own clients (NFS) have no owner either; those come in through nothing.
            if (!listened && connection.inode != 0U) {
                return;
            }
            break;
        case TcpState::FinWait1:
        case TcpState::FinWait2:
        case TcpState::Closing:
        case TcpState::LastAck:
        case TcpState::SynReceived:
        case TcpState::TimeWait:
            if (as_root) {
                connection.owner.kind = OwnerKind::Kernel;
            }
            return;
        case TcpState::Closed:
        case TcpState::Listen:
        case TcpState::SynSent:
            return;
    }
    connection.owner.kind = OwnerKind::NeverAccepted;
    if (const Connection* listener = listeners.find(connection.local)) {
        connection.owner.process = listener->owner.process;
    }
}

// ss leaves out what is zero; a version that knows a number is told by the rows that have it.
void fill_in_zeros(Connection& connection, const RowNote& note, const SsAbilities& ss) {
    if (note.layout != Layout::Ss) {
        return;
    }
    if (ss.timers && !connection.timer && !connection.is_listener()) {
        connection.timer = Timer{};
    }
    if (!connection.tcp) {
        return;
    }
    if (ss.bytes_sent) {
        connection.tcp->bytes_sent = connection.tcp->bytes_sent.value_or(0);
        connection.tcp->bytes_retransmitted = connection.tcp->bytes_retransmitted.value_or(0);
    }
    if (ss.peer_window) {
        connection.tcp->peer_window = connection.tcp->peer_window.value_or(0);
    }
}

}  // namespace

void conclude(Observations& seen, std::vector<RowNote>& notes, const Clues& clues) {
    Paste& paste = *seen.paste;
    bool owner_shown = clues.owner_column;
    bool ss_owners = false;
    for (const RowNote& note : notes) {
        owner_shown = owner_shown || note.owner != OwnerText::NoColumn;
        ss_owners = ss_owners || (note.layout == Layout::Ss && note.owner == OwnerText::Process);
    }
    for (RowNote& note : notes) {
        if (note.layout == Layout::Ss && ss_owners && note.owner == OwnerText::NoColumn) {
            note.owner = OwnerText::Nobody;
        }
    }
    if (!notes.empty()) {
        paste.owner_shown = owner_shown;
    }
    if (clues.warned_not_root) {
        paste.as_root = false;
    } else if (clues.prompt_as_root) {
        paste.as_root = clues.prompt_as_root;
    }
    if (!paste.as_root.value_or(false) && !clues.warned_not_root &&
        paste.system != HostSystem::Windows && sees_everybody(seen, notes)) {
        paste.as_root = true;
    }
    const bool as_root = paste.as_root.value_or(false);

    Coverage& coverage = seen.coverage;
    for (const Connection& connection : seen.connections) {
        (connection.is_listener() ? coverage.listeners : coverage.connections) = true;
        coverage.tcp_details = coverage.tcp_details || connection.tcp.has_value();
    }
    coverage.listeners = coverage.listeners || clues.banner_listeners.value_or(false) ||
                         clues.asked_for_all || clues.asked_for_listeners_only;
    coverage.connections = coverage.connections || clues.banner_connections.value_or(false) ||
                           (clues.asked_for_all && !clues.asked_for_listeners_only);
    // Windows shows every process's number to everybody.
    const bool windows = paste.system == HostSystem::Windows && !notes.empty() &&
                         std::none_of(notes.begin(), notes.end(), [](const RowNote& note) {
                             return note.owner == OwnerText::NoColumn;
                         });
    coverage.owners = (as_root && owner_shown) || windows;
    coverage.privileged_view = coverage.owners;

    ListenerIndex listeners;
    for (const Connection& connection : seen.connections) {
        if (connection.is_listener()) {
            listeners.add(connection);
        }
    }
    const auto ports = visible_ports(seen, notes);
    for (std::size_t i = 0; i < seen.connections.size(); ++i) {
        Connection& connection = seen.connections[i];
        fill_in_zeros(connection, notes[i], clues.ss);
        infer_opener(connection);
        connection.age = estimate_age(connection, KernelTimes{});
        conclude_owner(connection, notes[i], as_root, ports.contains(connection.local.port),
                       listeners);
        attribute(connection, listeners, coverage.owners);
    }
}

}  // namespace tcpdx::text
