#pragma once

#include <cstdint>

#include "model/transitions.h"

namespace tcpdx::endpoint {

enum class Failure : std::uint8_t {
    None,
    Refused,      // RST while the connection was being opened
    Reset,        // RST later
    TimedOut,     // R2, or unanswered keep-alives
    Unreachable,  // an ICMP error ended the attempt to connect
};

enum class EventKind : std::uint8_t {
    StateChanged,
    Connected,   // ESTABLISHED
    Readable,    // bytes have arrived
    Writable,    // room in the send queue again
    PeerClosed,  // the FIN has been reached: end of the stream
    Urgent,      // the urgent pointer has moved forward (RFC 9293, MUST-32)
    SlowPeer,    // R1 was passed (RFC 9293, SHLD-9)
    SoftError,   // an ICMP error that does not end the connection (RFC 9293, MUST-47)
    Failed,      // the connection is gone without a normal close
};

struct IcmpError {
    std::uint8_t type = 0;
    std::uint8_t code = 0;

    friend bool operator==(const IcmpError&, const IcmpError&) = default;
};

struct Event {
    EventKind kind = EventKind::StateChanged;
    const Transition* change = nullptr;  // for StateChanged, a row of the model's table
    Failure failure = Failure::None;
    IcmpError icmp;
};

}  // namespace tcpdx::endpoint
