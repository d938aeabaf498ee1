#pragma once

// What can be seen of an end from outside, as a search in the table of transitions: which row does
// a segment sent or received make an end take? For whoever watches, as a capture does; what a
// program or a timer does at an end shows only by what is sent.

#include <cstdint>

#include "model/tcp_state.h"
#include "model/transitions.h"

namespace tcpdx {

enum class Happening : std::uint8_t {
    SendSyn,
    ReceiveSyn,     // and answers it with SYN+ACK
    ReceiveSynAck,  // also the ACK that comes without its SYN
    ReceiveAckOfSyn,
    SendFin,
    ReceiveFin,
    ReceiveAckOfFin,
    SendRst,
    ReceiveRst,
    ReceiveIcmpError,
};

// The row of the table, or null when nothing of the kind can happen in that state. Where several
// rows lead to the same state (a reset has many causes), the first, which is the ordinary one.
[[nodiscard]] const Transition* transition_on(TcpState from, Happening what);

// Whether `row` is one of those that `what` may stand for.
[[nodiscard]] bool may_be(const Transition& row, Happening what);

}  // namespace tcpdx
