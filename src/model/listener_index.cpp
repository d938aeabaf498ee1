#include "model/listener_index.h"

namespace tcpdx {

const Connection* ListenerIndex::find(const SocketAddress& local) const {
    const auto found = by_port_.find(local.port);
    if (found == by_port_.end()) {
        return nullptr;
    }
    const Connection* wildcard = nullptr;
    for (const Connection* listener : found->second) {
        if (listener->local.address.same_host(local.address)) {
            return listener;
        }
        if (listener->local.address.is_any()) {
            wildcard = listener;
        }
    }
    return wildcard;
}

namespace {

// What a socket without an inode is, by its state.
OwnerKind owner_without_inode(TcpState state) {
    switch (state) {
        case TcpState::Established:
        case TcpState::CloseWait:
            // Complete, or already closed by the peer, and nobody has called accept().
            return OwnerKind::NeverAccepted;
        case TcpState::SynReceived:
        case TcpState::FinWait1:
        case TcpState::FinWait2:
        case TcpState::Closing:
        case TcpState::LastAck:
        case TcpState::TimeWait:
            return OwnerKind::Kernel;
        case TcpState::Closed:
        case TcpState::Listen:
        case TcpState::SynSent:
            return OwnerKind::Unknown;
    }
    return OwnerKind::Unknown;
}

}  // namespace

void attribute(Connection& connection, const ListenerIndex& listeners, bool owners_complete) {
    if (connection.is_listener()) {
        if (owners_complete && connection.owner.kind == OwnerKind::Unknown) {
            connection.owner.kind = OwnerKind::Kernel;  // nfsd and other kernel services
        }
        return;
    }
    const Connection* listener = listeners.find(connection.local);
    if (connection.opener == Opener::Unknown && listener != nullptr &&
        connection.state != TcpState::Closed) {
        connection.opener = Opener::Passive;
        connection.opener_basis = OpenerBasis::ListenerOnPort;
    }
    if (connection.owner.kind != OwnerKind::Unknown || !connection.inode) {
        return;
    }
    // With an inode but without a holder: closed, opened or handed on between the two looks at
    // sockets and at processes. Saying "kernel" here would blame it on busy hosts.
    if (*connection.inode != 0) {
        return;
    }
    connection.owner.kind = owner_without_inode(connection.state);
    const bool waits_for_listener = connection.owner.kind == OwnerKind::NeverAccepted ||
                                    connection.kind == SocketKind::RequestSocket;
    if (waits_for_listener && listener != nullptr) {
        connection.owner.process = listener->owner.process;
    }
}

}  // namespace tcpdx
