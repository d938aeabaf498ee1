#pragma once

#include "model/trace/life.h"

namespace tcpdx::trace {

// What was seen around a step.
struct StepEvidence {
    TcpState from = TcpState::Closed;
    TcpState to = TcpState::Closed;
    SocketKind from_kind = SocketKind::Full;
    SocketKind to_kind = SocketKind::Full;
    bool reset_received = false;
    bool reset_sent = false;
    ResetCause reset_cause = ResetCause::Unknown;
    int error = 0;  // errno of the socket
    bool program_closed = false;
    bool timer_ran_out = false;  // of the mini-socket
    bool listener_closed = false;
    bool ports_reused_by_syn = false;      // the peer opened anew on the same ports
    bool ports_reused_by_connect = false;  // we did
    bool time_wait_skipped = false;        // no mini-socket came where one should
    bool details_lost = false;             // so what was not seen may have been all the same
};

// The one row of the table that the evidence fits; null when there is none or more than one.
[[nodiscard]] const Transition* cause_of(const StepEvidence& seen);

}  // namespace tcpdx::trace
