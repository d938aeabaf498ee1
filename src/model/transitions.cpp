#include "model/transitions.h"

#include <algorithm>
#include <array>

#include "base/i18n.h"

namespace tcpdx {
namespace {

using enum TcpState;
using enum CauseKind;
using enum SegmentSent;
using enum Standing;
using enum SocketKind;

constexpr const char* kChildOfListener =
    N_("In Linux the listener stays in LISTEN; a new request socket takes the connection.");
constexpr const char* kMiniSocket = N_(
    "In Linux a small mini-socket without a process takes over; the program's socket is CLOSED.");
constexpr const char* kNoTimeWait =
    N_("Linux counts TcpExtTCPTimeWaitOverflow and skips TIME-WAIT.");
constexpr const char* kNeverAccepted = N_("It waited in the accept queue: no program had it yet.");

// One table, so one long initializer. Grouped by `from`; within it the ordinary way comes first.
constexpr std::array kTransitions{
    // ---- CLOSED
    Transition{Closed, Listen, SystemCall, N_("listen()"), None, "RFC 9293, 3.10.1"},
    Transition{Closed, SynSent, SystemCall, N_("connect()"), Syn, "RFC 9293, 3.10.1"},

    // ---- LISTEN
    Transition{Listen, SynReceived, Segment, N_("SYN received"), SynAck, "RFC 9293, 3.10.7.2",
               Everywhere, Full, RequestSocket, kChildOfListener},
    Transition{Listen, Closed, SystemCall, N_("close()"), None, "RFC 9293, 3.10.4", Everywhere,
               Full, Full,
               N_("Linux resets the connections that were waiting in its accept queue.")},
    Transition{Listen, Established, Segment, N_("ACK with a valid SYN cookie received"), None,
               "cookie_v4_check()", LinuxOnly, Full, Full,
               N_("With SYN cookies nothing is kept for the SYN, so SYN-RECEIVED is never seen.")},
    Transition{Listen, SynSent, SystemCall, N_("connect() or send() on a listening socket"), Syn,
               "RFC 9293, 3.10.1 and 3.10.2", RfcOnly, Full, Full,
               N_("Linux refuses both on a listening socket.")},
    Transition{Listen, Closed, SystemCall, N_("shutdown(SHUT_RD)"), None, "inet_shutdown()",
               LinuxOnly},
    Transition{Listen, Closed, SystemCall, N_("abort (SO_LINGER 0, ss -K)"), None,
               "RFC 9293, 3.10.5"},

    // ---- SYN-SENT
    Transition{SynSent, Established, Segment, N_("SYN+ACK received"), Ack, "RFC 9293, 3.10.7.3"},
    Transition{SynSent, SynReceived, Segment, N_("SYN received: both ends opened at once"), SynAck,
               "RFC 9293, 3.10.7.3", Everywhere, Full, Full,
               N_("Simultaneous open: a full socket, not a request socket.")},
    Transition{SynSent, Closed, Segment, N_("RST received: connection refused"), None,
               "RFC 9293, 3.10.7.3"},
    Transition{SynSent, Closed, Timer, N_("SYN retries used up"), None, "RFC 9293, 3.10.8"},
    Transition{SynSent, Closed, SystemCall, N_("close()"), None, "RFC 9293, 3.10.4"},
    Transition{SynSent, Closed, SystemCall, N_("abort (SO_LINGER 0, ss -K)"), None,
               "RFC 9293, 3.10.5"},
    Transition{SynSent, Closed, Segment, N_("ICMP error received"), None, "tcp_v4_err()", LinuxOnly,
               Full, Full, N_("Before the connection is up, Linux takes the error as final.")},
    Transition{SynSent, CloseWait, Segment, N_("SYN+ACK with a FIN received"), Ack,
               "RFC 9293, 3.10.7.3", RfcOnly, Full, Full,
               N_("Linux takes the SYN+ACK alone and waits for the FIN to be sent again.")},

    // ---- SYN-RECEIVED
    Transition{SynReceived, Established, Segment, N_("ACK of our SYN received"), None,
               "RFC 9293, 3.10.7.4", Everywhere, RequestSocket, Full,
               N_("Linux makes the full socket now and puts it into the accept queue.")},
    Transition{SynReceived, FinWait1, SystemCall, N_("close() or shutdown(SHUT_WR)"), Fin,
               "RFC 9293, 3.10.4", Everywhere, Full, Full,
               N_("In Linux only after a simultaneous open or TCP Fast Open: otherwise no program "
                  "has the socket yet.")},
    Transition{SynReceived, CloseWait, Segment, N_("FIN received"), Ack, "RFC 9293, 3.10.7.4"},
    Transition{SynReceived, Listen, Segment, N_("RST received, and this end had listened"), None,
               "RFC 9293, 3.10.7.4", RfcOnly, Full, Full,
               N_("Linux drops the request socket; its listener never left LISTEN.")},
    Transition{SynReceived, Listen, Segment, N_("another SYN received, and this end had listened"),
               None, "RFC 9293, 3.10.7.4", RfcOnly, Full, Full,
               N_("Linux sends the SYN+ACK again.")},
    Transition{SynReceived, Closed, Segment, N_("RST received"), None, "RFC 9293, 3.10.7.4",
               Everywhere, RequestSocket, RequestSocket},
    Transition{SynReceived, Closed, Timer, N_("SYN+ACK retries used up"), None, "RFC 9293, 3.10.8",
               Everywhere, RequestSocket, RequestSocket},
    Transition{SynReceived, Closed, SystemCall, N_("abort (SO_LINGER 0, ss -K)"), Rst,
               "RFC 9293, 3.10.5"},
    Transition{SynReceived, Closed, Segment, N_("ICMP error received"), None, "tcp_req_err()",
               LinuxOnly, RequestSocket, RequestSocket},
    Transition{SynReceived, Closed, SystemCall, N_("close() of the listening socket"), None,
               "inet_csk_listen_stop()", LinuxOnly, RequestSocket, RequestSocket},
    Transition{SynReceived, Closed, Limit, N_("accept queue full and tcp_abort_on_overflow is 1"),
               Rst, "tcp_check_req()", LinuxOnly, RequestSocket, RequestSocket,
               N_("With 0, the default, the ACK is dropped and the SYN+ACK is sent again.")},

    // ---- ESTABLISHED
    Transition{Established, FinWait1, SystemCall, N_("close() or shutdown(SHUT_WR)"), Fin,
               "RFC 9293, 3.10.4"},
    Transition{Established, CloseWait, Segment, N_("FIN received"), Ack, "RFC 9293, 3.10.7.4"},
    Transition{Established, Closed, Segment, N_("RST received"), None, "RFC 9293, 3.10.7.4"},
    Transition{Established, Closed, SystemCall, N_("close() with unread data"), Rst,
               "RFC 9293, 3.6.1 (SHLD-3)", Everywhere, Full, Full,
               N_("Linux counts TcpExtTCPAbortOnClose; the peer sees a reset.")},
    Transition{Established, Closed, SystemCall, N_("abort (SO_LINGER 0, ss -K)"), Rst,
               "RFC 9293, 3.10.5"},
    Transition{Established, Closed, SystemCall, N_("close() of the listening socket"), Rst,
               "inet_csk_listen_stop()", LinuxOnly, Full, Full, kNeverAccepted},
    Transition{Established, Closed, Timer, N_("retransmissions used up"), None, "RFC 9293, 3.8.3"},
    Transition{Established, Closed, Timer, N_("keepalive probes unanswered"), Rst,
               "RFC 9293, 3.8.4"},
    Transition{Established, Closed, Timer, N_("TCP_USER_TIMEOUT over"), None, "RFC 9293, 3.10.8"},

    // ---- FIN-WAIT-1
    Transition{FinWait1, FinWait2, Segment, N_("ACK of our FIN received"), None,
               "RFC 9293, 3.10.7.4"},
    Transition{FinWait1, TimeWait, Segment, N_("FIN with the ACK of ours received"), Ack,
               "RFC 9293, 3.10.7.4", Everywhere, Full, TimeWaitSocket, kMiniSocket},
    Transition{FinWait1, Closing, Segment, N_("FIN received: both ends closed at once"), Ack,
               "RFC 9293, 3.10.7.4"},
    Transition{FinWait1, Closed, Segment, N_("RST received"), None, "RFC 9293, 3.10.7.4"},
    Transition{FinWait1, Closed, Timer, N_("retransmissions used up"), None, "RFC 9293, 3.8.3"},
    Transition{FinWait1, Closed, SystemCall, N_("abort (SO_LINGER 0, ss -K)"), Rst,
               "RFC 9293, 3.10.5"},
    Transition{FinWait1, Closed, Segment, N_("data received after close()"), Rst,
               "RFC 9293, 3.6.1 (SHLD-3)"},
    Transition{FinWait1, Closed, Limit, N_("too many orphans, or no TCP memory left"), Rst,
               "tcp_check_oom()", LinuxOnly},
    Transition{FinWait1, Closed, Limit, N_("TIME-WAIT table full"), Ack, "tcp_time_wait()",
               LinuxOnly, Full, Full, kNoTimeWait},

    // ---- FIN-WAIT-2
    Transition{FinWait2, TimeWait, Segment, N_("FIN received"), Ack, "RFC 9293, 3.10.7.4",
               Everywhere, Full, TimeWaitSocket, kMiniSocket},
    Transition{FinWait2, TimeWait, Segment, N_("FIN received"), Ack, "tcp_timewait_state_process()",
               LinuxOnly, TimeWaitSocket, TimeWaitSocket},
    Transition{FinWait2, FinWait2, SystemCall, N_("close() after shutdown(SHUT_WR)"), None,
               "tcp_close()", LinuxOnly, Full, TimeWaitSocket, kMiniSocket},
    Transition{FinWait2, Closed, Timer, N_("FIN-WAIT-2 timer (tcp_fin_timeout) after close()"),
               None, "tcp_close()", LinuxOnly, TimeWaitSocket, TimeWaitSocket},
    Transition{FinWait2, Closed, Segment, N_("RST received"), None, "RFC 9293, 3.10.7.4"},
    Transition{FinWait2, Closed, Segment, N_("data received after close()"), Rst,
               "RFC 9293, 3.6.1 (SHLD-3)"},
    Transition{FinWait2, Closed, Segment, N_("SYN received"), Rst, "tcp_timewait_state_process()",
               LinuxOnly, TimeWaitSocket, TimeWaitSocket},
    Transition{FinWait2, Closed, SystemCall, N_("abort (SO_LINGER 0, ss -K)"), Rst,
               "RFC 9293, 3.10.5"},
    Transition{FinWait2, Closed, Timer, N_("keepalive probes unanswered"), Rst, "RFC 9293, 3.8.4"},
    Transition{FinWait2, Closed, Limit, N_("TIME-WAIT table full"), Ack, "tcp_time_wait()",
               LinuxOnly, Full, Full, kNoTimeWait},

    // ---- CLOSE-WAIT
    Transition{CloseWait, LastAck, SystemCall, N_("close() or shutdown(SHUT_WR)"), Fin,
               "RFC 9293, 3.10.4"},
    Transition{CloseWait, Closed, Segment, N_("RST received"), None, "RFC 9293, 3.10.7.4"},
    Transition{CloseWait, Closed, SystemCall, N_("close() with unread data"), Rst,
               "RFC 9293, 3.6.1 (SHLD-3)"},
    Transition{CloseWait, Closed, SystemCall, N_("abort (SO_LINGER 0, ss -K)"), Rst,
               "RFC 9293, 3.10.5"},
    Transition{CloseWait, Closed, SystemCall, N_("close() of the listening socket"), Rst,
               "inet_csk_listen_stop()", LinuxOnly, Full, Full, kNeverAccepted},
    Transition{CloseWait, Closed, Timer, N_("retransmissions used up"), None, "RFC 9293, 3.8.3"},
    Transition{CloseWait, Closed, Timer, N_("keepalive probes unanswered"), Rst, "RFC 9293, 3.8.4"},
    Transition{CloseWait, Closed, Timer, N_("TCP_USER_TIMEOUT over"), None, "RFC 9293, 3.10.8"},

    // ---- CLOSING
    Transition{Closing, TimeWait, Segment, N_("ACK of our FIN received"), None,
               "RFC 9293, 3.10.7.4", Everywhere, Full, TimeWaitSocket, kMiniSocket},
    Transition{Closing, Closed, Segment, N_("RST received"), None, "RFC 9293, 3.10.7.4"},
    Transition{Closing, Closed, Timer, N_("retransmissions used up"), None, "RFC 9293, 3.8.3"},
    Transition{Closing, Closed, SystemCall, N_("abort (SO_LINGER 0, ss -K)"), None,
               "RFC 9293, 3.10.5"},
    Transition{Closing, Closed, Limit, N_("too many orphans, or no TCP memory left"), Rst,
               "tcp_out_of_resources()", LinuxOnly},
    Transition{Closing, Closed, Limit, N_("TIME-WAIT table full"), None, "tcp_time_wait()",
               LinuxOnly, Full, Full, kNoTimeWait},

    // ---- LAST-ACK
    Transition{LastAck, Closed, Segment, N_("ACK of our FIN received"), None, "RFC 9293, 3.10.7.4"},
    Transition{LastAck, Closed, Segment, N_("RST received"), None, "RFC 9293, 3.10.7.4"},
    Transition{LastAck, Closed, Timer, N_("retransmissions used up"), None, "RFC 9293, 3.8.3"},
    Transition{LastAck, Closed, SystemCall, N_("abort (SO_LINGER 0, ss -K)"), None,
               "RFC 9293, 3.10.5"},
    Transition{LastAck, Closed, Limit, N_("too many orphans, or no TCP memory left"), Rst,
               "tcp_out_of_resources()", LinuxOnly},

    // ---- TIME-WAIT
    Transition{TimeWait, Closed, Timer, N_("2MSL timer"), None, "RFC 9293, 3.10.8", Everywhere,
               TimeWaitSocket, TimeWaitSocket,
               N_("60 seconds in Linux, fixed when the kernel is built. A FIN sent again by the "
                  "peer starts it anew.")},
    Transition{TimeWait, SynReceived, Segment, N_("new SYN received"), SynAck,
               "RFC 9293, 3.6.1 (MAY-2)", Everywhere, TimeWaitSocket, RequestSocket,
               N_("The same ports in use again: this is a new connection.")},
    Transition{TimeWait, SynSent, SystemCall, N_("connect() reuses the ports (tcp_tw_reuse)"), Syn,
               "tcp_twsk_unique()", LinuxOnly, TimeWaitSocket, Full,
               N_("The same ports in use again: this is a new connection.")},
    Transition{TimeWait, Closed, Segment, N_("RST received"), None, "RFC 9293, 3.10.7.4",
               Everywhere, TimeWaitSocket, TimeWaitSocket,
               N_("Ignored when tcp_rfc1337 is 1; the default is 0.")},
    Transition{TimeWait, Closed, SystemCall, N_("abort (SO_LINGER 0, ss -K)"), None,
               "RFC 9293, 3.10.5", Everywhere, TimeWaitSocket, TimeWaitSocket},
};

template <class Matches>
std::vector<const Transition*> select(Matches matches) {
    std::vector<const Transition*> found;
    for (const Transition& transition : kTransitions) {
        if (matches(transition)) {
            found.push_back(&transition);
        }
    }
    return found;
}

}  // namespace

std::string_view segment_name(SegmentSent segment) {
    switch (segment) {
        case None:
            return "";
        case Syn:
            return "SYN";
        case SynAck:
            return "SYN+ACK";
        case Ack:
            return "ACK";
        case Fin:
            return "FIN";
        case Rst:
            return "RST";
    }
    return "";
}

std::span<const Transition> transitions() {
    return kTransitions;
}

bool is_legal(TcpState from, TcpState to) {
    return from != to &&
           std::any_of(kTransitions.begin(), kTransitions.end(), [&](const Transition& transition) {
               return transition.from == from && transition.to == to;
           });
}

std::vector<const Transition*> transitions_from(TcpState state) {
    return select([&](const Transition& transition) { return transition.from == state; });
}

std::vector<const Transition*> transitions_into(TcpState state) {
    return select([&](const Transition& transition) { return transition.to == state; });
}

}  // namespace tcpdx
