#include "model/opener.h"

namespace tcpdx {
namespace {

bool has_sent_fin(const Connection& connection) {
    switch (connection.state) {
        case TcpState::FinWait2:
            return true;
        case TcpState::FinWait1:
        case TcpState::Closing:
        case TcpState::LastAck:
            // The FIN is the last byte of the queue: while anything is unsent, so is the FIN.
            return connection.tcp->not_sent_bytes == 0;
        case TcpState::Closed:
        case TcpState::Listen:
        case TcpState::SynSent:
        case TcpState::SynReceived:
        case TcpState::Established:
        case TcpState::CloseWait:
        case TcpState::TimeWait:
            return false;
    }
    return false;
}

}  // namespace

void infer_opener(Connection& connection) {
    const auto set = [&](Opener opener, OpenerBasis basis) {
        connection.opener = opener;
        connection.opener_basis = basis;
    };
    if (connection.state == TcpState::SynSent) {
        set(Opener::Active, OpenerBasis::State);
        return;
    }
    if (connection.kind == SocketKind::RequestSocket) {
        set(Opener::Passive, OpenerBasis::State);
        return;
    }
    if (!connection.tcp || !connection.tcp->bytes_sent || !connection.tcp->bytes_retransmitted ||
        !connection.send_queue || connection.is_listener() ||
        connection.state == TcpState::Closed || connection.state == TcpState::SynReceived) {
        return;
    }
    const TcpDetails& tcp = *connection.tcp;
    // Unsigned wrap-around is meant: the sum of the signed differences is a small number.
    const std::uint64_t surplus =
        tcp.bytes_acked + (*connection.send_queue - std::uint64_t{tcp.not_sent_bytes}) -
        (*tcp.bytes_sent - *tcp.bytes_retransmitted) - (has_sent_fin(connection) ? 1U : 0U);
    if (surplus == 1) {
        set(Opener::Active, OpenerBasis::ByteCounters);
    } else if (surplus == 0) {
        set(Opener::Passive, OpenerBasis::ByteCounters);
    }
}

}  // namespace tcpdx
