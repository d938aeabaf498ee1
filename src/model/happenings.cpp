#include "model/happenings.h"

#include <array>
#include <string_view>

namespace tcpdx {
namespace {

constexpr std::size_t kHappenings = static_cast<std::size_t>(Happening::ReceiveIcmpError) + 1;

bool starts_with(const Transition& row, std::string_view cause) {
    return row.kind == CauseKind::Segment && std::string_view(row.cause).starts_with(cause);
}

using Index = std::array<std::array<const Transition*, kHappenings>, kAllTcpStates.size()>;

Index build_index() {
    Index index{};
    // What Linux does comes before what only the RFC has.
    for (const bool linux_rows : {true, false}) {
        for (const Transition& row : transitions()) {
            for (std::size_t what = 0; what < kHappenings; ++what) {
                const Transition*& entry = index[static_cast<std::size_t>(row.from)][what];
                if (entry == nullptr && row.in_linux() == linux_rows && row.changes_state() &&
                    may_be(row, static_cast<Happening>(what))) {
                    entry = &row;
                }
            }
        }
    }
    // A reset from where none is due: the program has given up, and what came later is answered so.
    for (const Transition& row : transitions()) {
        const Transition*& entry =
            index[static_cast<std::size_t>(row.from)][static_cast<std::size_t>(Happening::SendRst)];
        if (entry == nullptr && row.from != TcpState::Listen && row.to == TcpState::Closed &&
            row.kind == CauseKind::SystemCall) {
            entry = &row;
        }
    }
    return index;
}

}  // namespace

bool may_be(const Transition& row, Happening what) {
    switch (what) {
        case Happening::SendSyn:
            return row.sent == SegmentSent::Syn;
        case Happening::ReceiveSyn:
            return row.sent == SegmentSent::SynAck;
        case Happening::ReceiveSynAck:
            // Where both ends open at once, it is the ACK that SYN-RECEIVED waits for (RFC 9293,
            // figure 7).
            return starts_with(row, "SYN+ACK received") ||
                   (row.from == TcpState::SynReceived && starts_with(row, "ACK of our SYN"));
        case Happening::ReceiveAckOfSyn:
            return starts_with(row, "ACK of our SYN");
        case Happening::SendFin:
            return row.sent == SegmentSent::Fin;
        case Happening::ReceiveFin:
            return starts_with(row, "FIN received");
        case Happening::ReceiveAckOfFin:
            return starts_with(row, "ACK of our FIN");
        case Happening::SendRst:
            return row.sent == SegmentSent::Rst;
        case Happening::ReceiveRst:
            return starts_with(row, "RST received");
        case Happening::ReceiveIcmpError:
            return starts_with(row, "ICMP error");
    }
    return false;
}

const Transition* transition_on(TcpState from, Happening what) {
    static const Index kIndex = build_index();
    return kIndex[static_cast<std::size_t>(from)][static_cast<std::size_t>(what)];
}

}  // namespace tcpdx
