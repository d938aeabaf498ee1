#include "model/listing_facts.h"

#include "model/age_estimate.h"
#include "model/listener_index.h"
#include "model/opener.h"

namespace tcpdx {
namespace {

// Who can see every owner and shows none says that there is none: `-` in a listing made as root is
// inode 0. In any other listing `-` says nothing.
bool shows_every_owner(const Observations& listing) {
    return listing.paste && listing.paste->system == HostSystem::Linux &&
           listing.paste->owner_shown.value_or(false) && listing.coverage.privileged_view;
}

// A listing of netstat or lsof has no object kinds; these two states tell theirs on Linux.
void name_the_object(Connection& connection) {
    if (connection.kind != SocketKind::Full) {
        return;
    }
    const bool counts_down = connection.timer && connection.timer->kind == TimerKind::TimeWait;
    if (connection.state == TcpState::TimeWait ||
        (connection.state == TcpState::FinWait2 && counts_down)) {
        connection.kind = SocketKind::TimeWaitSocket;
    } else if (connection.state == TcpState::SynReceived) {
        connection.kind = SocketKind::RequestSocket;
    }
}

}  // namespace

void complete_listing(Observations& listing) {
    const bool linux_rows = !listing.paste || listing.paste->system == HostSystem::Linux;
    const bool every_owner = shows_every_owner(listing);
    ListenerIndex listeners;
    for (const Connection& connection : listing.connections) {
        if (connection.is_listener()) {
            listeners.add(connection);
        }
    }
    for (Connection& connection : listing.connections) {
        if (linux_rows) {
            name_the_object(connection);
            if (connection.opener == Opener::Unknown) {
                infer_opener(connection);
            }
            if (!connection.age.known()) {
                connection.age = estimate_age(connection, {});
            }
        }
        if (every_owner && connection.owner.kind == OwnerKind::Unknown && !connection.inode) {
            connection.inode = 0;
        }
        attribute(connection, listeners, every_owner);
    }
}

}  // namespace tcpdx
