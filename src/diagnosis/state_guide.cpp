#include "diagnosis/state_guide.h"

#include <array>
#include <cassert>

#include "base/i18n.h"

namespace tcpdx::diagnosis {
namespace {

constexpr const char* kOrphanRetries =
    N_("How often the FIN of an orphan, a socket that no process holds any more, is sent again. 0 "
       "stands for 8, which gives up after about 107 seconds.");
constexpr const char* kKeepalive =
    N_("Only for sockets that set SO_KEEPALIVE; on all others it does nothing.");

constexpr const char* kListenCauses[] = {
    N_("The program is busy or blocked and does not call accept() often enough."),
    N_("The backlog that it gave to listen(), or net.core.somaxconn, is too small for its bursts."),
    N_("It has no file descriptors left, so that accept() fails."),
};
constexpr OptionNote kListenOptions[] = {
    {"net.core.somaxconn",
     N_("Upper limit of the backlog. A change has no effect until the program calls listen() "
        "again.")},
    {"net.ipv4.tcp_abort_on_overflow",
     N_("With 1, a final ACK that finds the accept queue full is answered with RST. SYNs are "
        "dropped in silence either way.")},
    {"net.ipv4.tcp_syncookies",
     N_("With 1, connections are accepted without keeping state once the SYN queue is full. It "
        "does not help against a full accept queue.")},
    {"net.ipv4.tcp_max_syn_backlog",
     N_("Matters only with SYN cookies off: new SYNs are then dropped when three quarters of it "
        "are half-open.")},
};

constexpr const char* kSynSentCauses[] = {
    N_("The accept queue or the SYN queue of the server is full: its listener is alive, and its "
       "kernel drops the SYN."),
    N_("A packet filter drops the SYN or the answer: on this host, on the way, or on the server."),
    N_("The server has no route back, or its reverse path filter rejects our address."),
    N_("A NAT gateway on the way has no ports left, or its connection table is full."),
    N_("The host is down. Then connect() usually fails after about 3 seconds with EHOSTUNREACH, "
       "but not where a router still has its address in the ARP table."),
};
constexpr OptionNote kSynSentOptions[] = {
    {"net.ipv4.tcp_syn_retries",
     N_("How long connect() tries. The default 6 gives up after about 131 seconds, on kernels "
        "before 6.5 after 127.")},
    {"net.ipv4.tcp_syn_linear_timeouts",
     N_("So many SYNs are sent again one second apart before the pauses double.")},
};

constexpr const char* kSynReceivedCauses[] = {
    N_("The SYN+ACK or the final ACK is lost or filtered on the way."),
    // NOLINTNEXTLINE(bugprone-suspicious-missing-comma): one text on two lines
    N_("A packet filter on this host drops the SYN+ACK: the timer runs, and TcpExtTCPSynRetrans "
       "does not rise."),
    N_("The accept queue is full: the final ACK is dropped, and the SYN+ACK is sent again."),
    N_("The listener uses TCP_DEFER_ACCEPT and waits for the first data of a silent client."),
    N_("The clients are gone, or the addresses are forged: a SYN flood."),
};
constexpr OptionNote kSynReceivedOptions[] = {
    {"net.ipv4.tcp_synack_retries",
     N_("How often the SYN+ACK is sent again. 5 gives up after about 65 seconds, but every "
        "repeated SYN of the client starts the wait anew.")},
    {"net.ipv4.tcp_syncookies",
     N_("With 1, the number of half-open connections stops at the listener's backlog plus one, "
        "and further ones are answered without keeping state.")},
    {"net.ipv4.tcp_max_syn_backlog",
     N_("Matters only with SYN cookies off: new SYNs are then dropped when three quarters of it "
        "are half-open.")},
    {"net.ipv4.tcp_abort_on_overflow",
     N_("With 1, a final ACK that finds the accept queue full is answered with RST. SYNs are "
        "dropped in silence either way.")},
};

constexpr const char* kEstablishedCauses[] = {
    N_("No process, on the side that accepts: the connection waits in the accept queue."),
    N_("Recv-Q stays above 0: the program does not read."),
    N_("Send-Q stays above 0 and the timer is persist: the program at the other end does not "
       "read."),
    N_("Send-Q stays above 0 with retransmissions: the path is cut, drops large packets, or a "
       "firewall on it has forgotten the connection."),
};
constexpr OptionNote kEstablishedOptions[] = {
    {"net.ipv4.tcp_retries2",
     N_("How long unacknowledged data is sent again. The default 15 gives up after about 15 "
        "minutes; TCP_USER_TIMEOUT overrides it for one socket.")},
    {"net.ipv4.tcp_keepalive_time", kKeepalive},
    {"net.ipv4.tcp_keepalive_intvl", kKeepalive},
    {"net.ipv4.tcp_keepalive_probes", kKeepalive},
};

constexpr const char* kFinWait1Causes[] = {
    N_("The peer is gone, or the path to it is cut."),
    N_("The program at the other end does not read: its window is closed, and the FIN cannot go "
       "out behind the data. This can last for minutes."),
};
constexpr OptionNote kOrphanOptions[] = {
    {"net.ipv4.tcp_orphan_retries", kOrphanRetries},
    {"net.ipv4.tcp_max_orphans",
     N_("With more orphans than this on the host, new ones are reset at once.")},
};

constexpr const char* kFinWait2Causes[] = {
    N_("The program at the other end does not close: the connection is in CLOSE-WAIT there."),
    N_("This program has called shutdown() for its sending half and keeps the socket."),
};
constexpr OptionNote kFinWait2Options[] = {
    {"net.ipv4.tcp_fin_timeout",
     N_("How long FIN-WAIT-2 lasts once no process holds the socket. It does not shorten "
        "TIME-WAIT, and it does not end a FIN-WAIT-2 that a process holds.")},
};

constexpr const char* kCloseWaitCauses[] = {
    N_("A close() is missing on the path that the program takes at the end of the stream."),
    N_("The program, or the thread that should close, is blocked: data stays unread in Recv-Q."),
    N_("The connection was never accepted: it has no process, and the listener is what to look "
       "at."),
    N_("The program is still sending its answer, which is legal."),
};

constexpr const char* kPeerGoneCauses[] = {N_("The peer is gone, or the path to it is cut.")};

constexpr const char* kTimeWaitCauses[] = {
    N_("A client opens a new connection for every request and closes it first."),
};
constexpr OptionNote kTimeWaitOptions[] = {
    {"net.ipv4.ip_local_port_range",
     N_("Local ports for connect(). Each can be used once per source address, destination address "
        "and destination port.")},
    {"net.ipv4.tcp_tw_reuse",
     N_("Lets connect() reuse a port in TIME-WAIT. 2, the default, does so on loopback only; 1 "
        "everywhere, if the old connection had timestamps.")},
    {"net.ipv4.tcp_timestamps",
     N_("tcp_tw_reuse needs them, already when the old connection is made.")},
    {"net.ipv4.tcp_max_tw_buckets",
     N_("With more than this, connections skip TIME-WAIT and its protection "
        "(TcpExtTCPTimeWaitOverflow).")},
    {"net.ipv4.tcp_rfc1337",
     N_("With 1, a client that uses the same port again may fail to connect until TIME-WAIT is "
        "over. 0 is the default.")},
    {"net.ipv4.tcp_fin_timeout", N_("Has no effect on TIME-WAIT, whatever tuning guides say.")},
};

constexpr std::string_view kClosedRules[] = {"dead-socket-held", "descriptors-near-limit"};
constexpr std::string_view kListenRules[] = {
    "accept-queue-full",          "listener-loopback-only", "port-taken-by-another",
    "listener-all-addresses",     "nothing-listens",        "port-ready",
    "packets-dropped-before-tcp", "reverse-path-filter",    "no-route-back",
    "tcp-md5-mismatch",           "syn-cookies-in-use",
};
constexpr std::string_view kSynSentRules[] = {"syn-sent-stuck", "local-ports-running-out",
                                              "capture-syn-unanswered", "capture-refused"};
constexpr std::string_view kSynReceivedRules[] = {"syn-received-pile-up", "capture-half-open",
                                                  "syn-cookies-in-use", "accept-queue-full"};
constexpr std::string_view kEstablishedRules[] = {
    "established-never-accepted", "data-unread",        "data-unacknowledged",
    "idle-without-keepalive",     "established-many",   "tcp-memory-near-limit",
    "conntrack-near-full",        "capture-reset",      "capture-retransmissions",
    "capture-window-closed",      "capture-incomplete",
};
constexpr std::string_view kOrphanRules[] = {"closing-stuck", "orphans-near-limit"};
constexpr std::string_view kFinWait2Rules[] = {"fin-wait2-held", "fin-wait2-released"};
constexpr std::string_view kCloseWaitRules[] = {"close-wait-leak", "close-wait-unread",
                                                "close-wait-never-accepted",
                                                "descriptors-near-limit", "capture-close-wait"};
constexpr std::string_view kTimeWaitRules[] = {
    "local-ports-running-out",
    "time-wait-buckets-near-limit",
    "time-wait-many",
    "rfc1337-enabled",
};

constexpr std::array kGuides{
    StateGuide{
        .state = TcpState::Closed,
        .meaning = N_("There is no connection: not yet, or no more."),
        .details = N_("The kernel's socket table does not list it. A program can still hold the "
                      "descriptor, for example after a reset."),
        .normal = N_("Any number."),
        .worry = N_("A program that keeps descriptors of dead sockets runs into its descriptor "
                    "limit in the end."),
        .limit = nullptr,
        .causes = {},
        .options = {},
        .rules = kClosedRules,
    },
    StateGuide{
        .state = TcpState::Listen,
        .meaning = N_("A program waits here for others to connect."),
        .details = N_("Connections wait in its accept queue until the program calls accept(). For "
                      "a listener, Recv-Q is how many wait now and Send-Q is the limit; the queue "
                      "holds one more than that. netstat shows 0 for the limit."),
        .normal = N_("Recv-Q is 0, or soon is again."),
        .worry = N_("Recv-Q above Send-Q: the kernel drops new SYNs without an answer, and clients "
                    "run into a timeout, as behind a firewall. Recv-Q above 0 in look after look: "
                    "the program accepts too slowly. An address of 127.0.0.1 or ::1: other hosts "
                    "are refused."),
        .limit = nullptr,
        .causes = kListenCauses,
        .options = kListenOptions,
        .rules = kListenRules,
    },
    StateGuide{
        .state = TcpState::SynSent,
        .meaning = N_("This end has sent a SYN, and no answer has come yet."),
        .details = N_("It does not mean that nobody listens: a live host without a listener "
                      "answers with RST within a round trip, and SYN-SENT is over. SYN-SENT lasts "
                      "only where nothing at all comes back."),
        .normal = N_("One round trip, well under a second."),
        .worry = N_("Older than {0}: several SYNs went unanswered."),
        .limit = &Limits::syn_sent,
        .causes = kSynSentCauses,
        .options = kSynSentOptions,
        .rules = kSynSentRules,
    },
    StateGuide{
        .state = TcpState::SynReceived,
        .meaning = N_("A SYN was answered with SYN+ACK, and the final ACK of the handshake has not "
                      "come yet."),
        .details = N_("The number of them does not measure a flood: with SYN cookies it stops at "
                      "the backlog plus one. The rate of TcpExtSyncookiesSent does."),
        .normal = N_("One round trip."),
        .worry = N_("Older than {0}, or with its SYN+ACK sent again."),
        .limit = &Limits::syn_received,
        .causes = kSynReceivedCauses,
        .options = kSynReceivedOptions,
        .rules = kSynReceivedRules,
    },
    StateGuide{
        .state = TcpState::Established,
        .meaning = N_("The connection is open, and both ends may send."),
        .details = N_("An idle connection sends nothing. So when the peer loses its power or its "
                      "network, this end stays ESTABLISHED until it sends something."),
        .normal = N_("Any age, busy or idle."),
        .worry = N_("Data waits in Recv-Q or Send-Q and does not move, or the connection belongs "
                    "to no process. Idle for more than {0} without keepalive: a firewall or NAT on "
                    "the way may have forgotten it."),
        .limit = &Limits::idle,
        .causes = kEstablishedCauses,
        .options = kEstablishedOptions,
        .rules = kEstablishedRules,
    },
    StateGuide{
        .state = TcpState::FinWait1,
        .meaning = N_("This end has closed, and the peer has not acknowledged the FIN yet."),
        .details = N_("Data still in the send queue goes out first, then the FIN. After close() no "
                      "process holds the socket any more: it is an orphan, and the kernel finishes "
                      "alone."),
        .normal = N_("One round trip, or as long as the data takes."),
        .worry = N_("Older than {0}."),
        .limit = &Limits::closing,
        .causes = kFinWait1Causes,
        .options = kOrphanOptions,
        .rules = kOrphanRules,
    },
    StateGuide{
        .state = TcpState::FinWait2,
        .meaning = N_("This end has closed and the peer has acknowledged it, but the peer has not "
                      "closed yet."),
        .details = N_("After close(), the kernel ends it by a timer. After shutdown() the process "
                      "still holds the socket and may go on reading; no timer ends that."),
        .normal = N_("Without a process: until the timer of tcp_fin_timeout. With one: as long as "
                     "the answer of the peer takes."),
        .worry = N_("Held by a process for more than {0}."),
        .limit = &Limits::fin_wait2_held,
        .causes = kFinWait2Causes,
        .options = kFinWait2Options,
        .rules = kFinWait2Rules,
    },
    StateGuide{
        .state = TcpState::CloseWait,
        .meaning = N_("The peer has closed, and the program on this host has not called close() "
                      "yet."),
        .details = N_("Only the program can end it. No timer does and no kernel option; keepalive "
                      "acts only on sockets that set SO_KEEPALIVE. An unread FIN counts as one "
                      "byte in Recv-Q."),
        .normal = N_("While the program finishes its answer."),
        .worry = N_("Older than {0} with nothing left to send. Each one holds a file descriptor."),
        .limit = &Limits::close_wait,
        .causes = kCloseWaitCauses,
        .options = {},
        .rules = kCloseWaitRules,
    },
    StateGuide{
        .state = TcpState::Closing,
        .meaning = N_("Both ends closed at the same moment, and the ACK of our FIN is still "
                      "missing."),
        .details = N_("The two FINs crossed on the way. Rare, because it takes both programs to "
                      "close within one round trip."),
        .normal = N_("Less than one round trip."),
        .worry = N_("Older than {0}."),
        .limit = &Limits::closing,
        .causes = kPeerGoneCauses,
        .options = kOrphanOptions,
        .rules = kOrphanRules,
    },
    StateGuide{
        .state = TcpState::LastAck,
        .meaning = N_("The peer closed first, this end has closed too, and only the ACK of our FIN "
                      "is missing."),
        .details = N_("It comes after CLOSE-WAIT. No TIME-WAIT follows on this end."),
        .normal = N_("One round trip, or as long as the data takes."),
        .worry = N_("Older than {0}."),
        .limit = &Limits::closing,
        .causes = kPeerGoneCauses,
        .options = kOrphanOptions,
        .rules = kOrphanRules,
    },
    StateGuide{
        .state = TcpState::TimeWait,
        .meaning = N_("The connection is over; the end that closed first remembers it for a while, "
                      "so that late segments cannot disturb a new connection on the same ports."),
        .details = N_("In Linux 60 seconds, fixed when the kernel is built; a FIN that the peer "
                      "sends again starts them anew. Both ends have it after a simultaneous close, "
                      "none after a reset. It needs no process and little memory."),
        .normal = N_("Any number on the end that closes first. On a server, harmless."),
        .worry = N_("Only on the end that connects, when one destination address and port takes up "
                    "most of the local ports: connect() then fails with EADDRNOTAVAIL. The total "
                    "number says nothing about that."),
        .limit = nullptr,
        .causes = kTimeWaitCauses,
        .options = kTimeWaitOptions,
        .rules = kTimeWaitRules,
    },
};

constexpr bool in_order_of_the_enum() {
    for (std::size_t index = 0; index < kGuides.size(); ++index) {
        if (kGuides[index].state != kAllTcpStates[index]) {
            return false;
        }
    }
    return kGuides.size() == kAllTcpStates.size();
}
static_assert(in_order_of_the_enum());

}  // namespace

const StateGuide& guide_to(TcpState state) {
    return kGuides.at(static_cast<std::size_t>(state));
}

const char* guide_to(SocketKind kind) {
    switch (kind) {
        case SocketKind::Full:
            return nullptr;
        case SocketKind::RequestSocket:
            return N_(
                "Linux keeps it in a small request socket: no process, no descriptor, inode "
                "0, no TCP details. The listener's program owns it as soon as it accepts. "
                "Only a simultaneous open or TCP Fast Open makes a full socket.");
        case SocketKind::TimeWaitSocket:
            return N_(
                "Once no process holds it, Linux keeps it in a mini-socket: no descriptor, "
                "inode 0, no TCP details, only the addresses and a timer.");
    }
    return nullptr;
}

}  // namespace tcpdx::diagnosis
